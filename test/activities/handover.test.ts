import { createHash, createPublicKey, verify } from 'node:crypto';
import { handoverLeaf, handoverText, readHandover, sameEnd } from '../../activities/handover';

const end = {
  treeId: '6826284441047790130',
  size: 42,
  rootHash: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
};

interface Entry {
  spec: { data: { hash: { value: string } }; signature: { content: string; publicKey: { content: string } } };
}

describe('the handover leaf', () => {
  it('commits to a text that anyone can rebuild (H5)', () => {
    expect(handoverText(end)).toBe(
      'rekor-rotate handover v1\ntree 6826284441047790130\nsize 42\n' +
        'root e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n',
    );
  });

  it('is a hashedrekord whose signature is good for that text (H5)', () => {
    const { spec } = JSON.parse(handoverLeaf(end).value.toString()) as Entry;
    const text = Buffer.from(handoverText(end));
    expect(spec.data.hash.value).toBe(createHash('sha256').update(text).digest('hex'));
    const key = createPublicKey(Buffer.from(spec.signature.publicKey.content, 'base64'));
    expect(key.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(verify('sha256', text, key, Buffer.from(spec.signature.content, 'base64'))).toBe(true);
  });

  it('has the RFC 6962 hash of its value', () => {
    const { value, leafHash } = handoverLeaf(end);
    expect(leafHash).toBe(createHash('sha256').update('\0').update(value).digest('hex'));
  });

  it('is the same leaf whoever makes it, by whatever it is recognised, and another one for another end (H3)', () => {
    const { identityHash, leafHash } = handoverLeaf(end);
    expect(identityHash.toString('hex')).toBe(leafHash);
    expect(handoverLeaf({ ...end })).toEqual(handoverLeaf(end));
    // Whoever rebuilds it from the text comes to this leaf, in whatever version.
    expect(leafHash).toBe('578bf590256769bb29f10174531c77c8562593afaef6f9c0ba41eacfa29c070f');
    expect(handoverLeaf({ ...end, size: 43 }).identityHash).not.toEqual(identityHash);
  });

  it('is recognised, whoever made it, and tells the end that it hands over (H6)', () => {
    expect(readHandover(handoverLeaf(end))).toEqual(end);
    expect(readHandover(handoverLeaf(end))).toEqual(end);
  });

  it('tells of an end that is not true any more as well, whatever became of that tree (H1)', () => {
    const handedOver = readHandover(handoverLeaf({ ...end, size: 43 }));
    expect(handedOver).toEqual({ ...end, size: 43 });
    expect(handedOver && sameEnd(handedOver, end)).toBe(false);
    expect(sameEnd({ ...end }, end)).toBe(true);
  });

  const { value, extraData } = handoverLeaf(end);
  it.each([
    ['no JSON', { value: Buffer.from('a leaf'), extraData }],
    ['another kind', { value: Buffer.from(value.toString().replace('hashedrekord', 'rekord')), extraData }],
    ['more than its canonical form', { value: Buffer.concat([value, Buffer.from(' ')]), extraData }],
    ['an entry of a client, beside which Rekor stores nothing', { value, extraData: Buffer.alloc(0) }],
    ['over another text', { value, extraData: Buffer.from(handoverText({ ...end, size: 43 })) }],
    ['over something else', { value, extraData: Buffer.from('tree 1') }],
  ])('is not taken for one when it is %s (H6)', (_, leaf) => {
    expect(readHandover(leaf)).toBeNull();
  });
});
