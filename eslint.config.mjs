import tseslint from 'typescript-eslint';

const signalThatMayBeLost = {
  object: 'AbortSignal',
  property: 'any',
  message: 'It may never abort: activities/bounds/signals.ts says when, and has what to use.',
};

export default tseslint.config(
  { ignores: ['out/', 'node_modules/', 'proto/generated/'] },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      'no-restricted-properties': ['error', signalThatMayBeLost],
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
          selector: 'MemberExpression[object.name="AbortSignal"][property.name="timeout"]',
          message: 'Virtual time knows nothing of it: use withinTime of activities/bounds/signals.ts.',
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
        signalThatMayBeLost,
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
