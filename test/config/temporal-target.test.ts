import { temporalTarget } from '../../config/temporal-target';

const settings = { taskQueue: 'rekor-rotate' };

describe('the settings for Temporal in the environment', () => {
  it.each([
    ['TEMPORAL_TLS', 'TRUE'],
    ['TEMPORAL_TLS', 'yes'],
    ['TEMPORAL_TLS', ''],
    ['TEMPORAL_TLS_DISABLE_HOST_VERIFICATION', 'off'],
  ])('are refused when %s is %j, which would count as false', async (name, value) => {
    await expect(temporalTarget(settings, { [name]: value })).rejects.toMatchObject({
      refusal: {
        code: 'TEMPORAL_SETTINGS_INVALID',
        message: expect.stringContaining(
          `${name} is ${JSON.stringify(value)}, and not true, false, 1 or 0`,
        ) as string,
      },
    });
  });

  it.each([
    ['true', true],
    ['1', true],
    ['false', false],
    ['0', false],
  ])('say with TEMPORAL_TLS=%s whether the connection is encrypted', async (value, encrypted) => {
    const { options } = await temporalTarget(settings, { TEMPORAL_TLS: value });
    expect(Boolean(options.tls)).toBe(encrypted);
  });
});
