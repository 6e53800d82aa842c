/** The fact about what a kernel runs in. Runs refer to it by its digest. */
import { z } from 'zod';
import { Digest, ExecutionId } from '../ids.js';
import { about } from './about.js';

const told = z.string().nullable();

/** What a kernel runs in, as far as it is known; null: not known. */
export const EnvironmentShape = {
  kernelName: z.string().describe('Name of the kernel’s specification.'),
  language: told.describe('As the kernel says.'),
  languageVersion: told.describe('As the kernel says.'),
  implementation: told.describe('The kernel’s program, as it says.'),
  implementationVersion: told.describe('As the kernel says.'),
  interpreter: told.describe('Path of the interpreter on the server’s machine.'),
  prefix: told.describe('The environment that the interpreter belongs to: a path.'),
  packages: Digest.nullable().describe(
    'SHA-256 of the installed packages: `name==version` in each line, sorted.'
  )
};

export const EnvironmentRecorded = z
  .strictObject({
    type: z.literal('environment.recorded'),
    v: z.literal(1),
    data: z.strictObject({
      environment: Digest.describe(
        'SHA-256 of the canonical JSON (RFC 8785) of the fields from kernelName to packages.'
      ),
      kernelId: z.string().describe('Jupyter Server’s id of the kernel.'),
      ...EnvironmentShape,
      packageList: z
        .array(z.string())
        .optional()
        .describe('The packages, once for each digest in a stream.'),
      unknown: z.string().optional().describe('Why the packages are not known; for a person.'),
      executionIds: z
        .array(ExecutionId)
        .describe('Runs that had it and ended before it was known; later ones name it themselves.')
    })
  })
  .meta(
    about(
      'server extension; kernel listener',
      'What a kernel runs in: language, interpreter, packages. Read without running anything in it.',
      {
        environment: '1b4f0e9851971998e732078544c96b36c3d01cedf7caa332359d6f1d83567014',
        kernelId: '4c1a7d0e-8a5b-4f0f-9d0e-2f6f0a3b1c11',
        kernelName: 'python3',
        language: 'python',
        languageVersion: '3.12.3',
        implementation: 'ipython',
        implementationVersion: '9.1.0',
        interpreter: '/srv/venv/bin/python',
        prefix: '/srv/venv',
        packages: '60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752',
        packageList: ['ipykernel==6.29.5', 'numpy==2.2.1'],
        executionIds: []
      }
    )
  );
