import { importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/**
 * Imports go one way (docs/architecture.md, "The rooms"). Each line says what a room may not import;
 * what is not listed is allowed.
 */
const room = (target, ...forbidden) => ({
  target: `./${target}`,
  from: forbidden.map((from) => `./${from}`),
  message: `${target}/ may not import this: see "The rooms" in docs/architecture.md.`,
});

const aroundTheLab = ['lab', 'load', 'faults', 'harness', 'demo', 'bench', 'chaos', 'simulation'];
const outer = ['cli', 'config', 'workers', 'gate', ...aroundTheLab, 'tools', 'test'];

export default tseslint.config(
  { ignores: ['out/', 'node_modules/'] },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver': { node: { extensions: ['.ts', '.js'] } } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      'import-x/no-cycle': 'error',
      'import-x/no-restricted-paths': [
        'error',
        {
          zones: [
            room('workflows/model', 'activities', 'proto', ...outer),
            room('workflows', 'activities', 'proto', ...outer),
            room('gate', ...aroundTheLab, 'tools', 'test', 'cli', 'config', 'workers', 'activities'),
            room('cli', ...aroundTheLab, 'tools', 'test', 'activities'),
            room('config', 'proto', 'workers', 'cli', 'gate', ...aroundTheLab, 'tools', 'test'),
            {
              target: './config',
              from: './activities',
              except: ['errors', 'clients/authorities.ts'],
              message: 'config/ says what is wrong in the words of activities/, and knows no adapter.',
            },
            room('workers', ...aroundTheLab, 'tools', 'test', 'cli'),
            room(
              'tools',
              'workflows',
              'activities',
              'config',
              'workers',
              'cli',
              'gate',
              ...aroundTheLab,
              'test',
            ),
            room('load', 'lab', 'faults', 'harness', 'demo', 'bench', 'chaos', 'simulation', 'test'),
            room('faults', 'load', 'harness', 'demo', 'bench', 'chaos', 'simulation', 'test'),
            room('lab', 'load', 'faults', 'harness', 'demo', 'bench', 'chaos', 'simulation', 'test'),
            room('harness', 'demo', 'bench', 'chaos', 'simulation', 'test'),
            room('demo', 'faults', 'harness', 'bench', 'chaos', 'simulation', 'test'),
            room('bench', 'test', 'chaos', 'simulation'),
            room('chaos', 'test', 'bench', 'simulation'),
            room('simulation', 'lab', 'load', 'faults', 'harness', 'demo', 'bench', 'chaos', 'tools', 'test'),
            {
              target: './activities',
              from: ['cli', 'config', 'workers', ...aroundTheLab, 'tools', 'test'].map((from) => `./${from}`),
              message: 'activities/ may not import this: see "The rooms" in docs/architecture.md.',
            },
            {
              target: './activities',
              from: './gate',
              except: ['messages.ts'],
              message: 'activities/ knows only the messages of the gate.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['workflows/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { regex: '^(?!\\.|@temporalio/(workflow|common)$)', message: 'Workflows do no input or output.' },
          ],
        },
      ],
    },
  },
  {
    files: ['activities/**/*.ts', 'workflows/**/*.ts'],
    ignores: ['activities/errors/error-reason.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector:
            'MemberExpression[property.name=/^(message|stack)$/]:matches([object.name=/^(error|cause|thrown|trouble)$/], [object.type="TSAsExpression"])',
          message:
            'The message of an error may quote a secret, and what is made of it goes into a history: use errorReason or kindOfError (H28).',
        },
        {
          selector:
            ':matches(CallExpression, NewExpression)[callee.object.name="ApplicationFailure"] Property[key.name="cause"]',
          message: 'A cause crosses to Temporal with its message and stack: log it instead (H28).',
        },
        {
          selector: 'NewExpression[callee.name="CancelledFailure"][arguments.length>2]',
          message: 'A cause crosses to Temporal with its message and stack: log it instead (H28).',
        },
      ],
    },
  },
  {
    files: ['**/*.ts'],
    ignores: ['config/**', 'tools/**', 'lab/**', 'bench/**', 'test/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only config/ reads the environment.' },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: "CallExpression[callee.object.name='jest'][callee.property.name='setTimeout']",
          message: 'One time limit is for all tests, and for what hangs alone: see jest.config.cjs.',
        },
        {
          selector:
            ':matches(CallExpression[callee.name=/^(it|test|(before|after)(All|Each))$/], ' +
            "CallExpression[callee.callee.property.name='each']) > Literal.arguments[value<300000]",
          message: 'A time limit is for what hangs, and the one in jest.config.cjs is enough for that.',
        },
        {
          selector:
            'CallExpression[callee.property.name=/^toBeLessThan/] > MemberExpression > ' +
            "CallExpression[callee.name='expect'] :matches(Identifier[name=/(Ms|elapsed|took|duration)$/i], " +
            "CallExpression[callee.property.name='now'])",
          message: 'No verdict may depend on how fast the machine is: expect a state, or an order of events.',
        },
      ],
    },
  },
);
