import js from '@eslint/js';
import jupyter from '@jupyter/eslint-plugin';
import tseslint from 'typescript-eslint';
import colophon from './scripts/eslint-layers.mjs';

/** schema and agent/core take time, ids and chance as inputs; types alone cannot refuse these. */
const impure = {
  'no-restricted-globals': [
    'error',
    ...['Date', 'performance', 'crypto', 'Intl', 'WeakRef', 'FinalizationRegistry'].map(name => ({
      name,
      message: 'Time, ids and chance are inputs here.'
    }))
  ],
  'no-restricted-properties': [
    'error',
    { object: 'Math', property: 'random', message: 'Chance is an input here.' },
    { object: 'globalThis', message: 'Nothing global here.' }
  ]
};

const sources = ['**/*.{ts,tsx}'];

export default tseslint.config(
  {
    ignores: [
      'lib/',
      'dist/',
      'node_modules/',
      '**/.venv*/',
      'jupyterlab_colophon/',
      'coverage/',
      'scratch/',
      '.cache/'
    ]
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: sources,
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname }
    },
    plugins: { colophon },
    rules: {
      'colophon/layers': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' }
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true }
      ],
      '@typescript-eslint/require-await': 'off',
      curly: 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': ['error', { allow: ['warn', 'error', 'debug'] }]
    }
  },
  { files: ['schema/**/*.ts', 'agent/core/**/*.ts'], rules: impure },
  {
    files: ['src/**/*.{ts,tsx}'],
    plugins: { jupyter },
    rules: {
      ...jupyter.configs.recommended[0].rules,
      // Every plugin here needs what it imports to register its extension points at start.
      'jupyter/prefer-lazy-imports': 'off',
      // Signals are connected by method and `this`; jupyter/require-signal-this-arg sees to both.
      '@typescript-eslint/unbound-method': 'off',
      // JupyterLab keeps a class's options in a namespace of the same name.
      '@typescript-eslint/no-namespace': 'off'
    }
  },
  {
    files: ['tests/**/*.{ts,tsx}', 'bench/**/*.ts'],
    rules: {
      'no-console': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off'
    }
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: {
      globals: { console: 'readonly', process: 'readonly', URL: 'readonly', Buffer: 'readonly' }
    }
  }
);
