/**
 * The import law of the source tree as an ESLint rule: which layer may import which, and which
 * packages. The compiler's project references refuse most of it already; this names the rest
 * (adapters never import one another, nobody imports tests) and says so at the import.
 *
 * A file belongs to the first layer whose `files` matches its path from the repository's root.
 * `layers` lists what it may import beside itself; `packages` what it may import by name. `ANY`
 * lifts a limit.
 */
import { dirname, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const ANY = 'any';

/** One folder of agent/ is one adapter; `name` makes each of them a layer of its own. */
const LAYERS = [
  { name: 'schema', files: /^schema\//, layers: [], packages: /^zod(\/|$)/ },
  {
    name: 'agent/core',
    files: /^agent\/core\//,
    layers: ['schema'],
    packages: /^(@noble\/hashes\/|croner$|fast-diff$)/
  },
  {
    name: 'agent/ports',
    files: /^agent\/ports\//,
    layers: ['agent/core', 'schema'],
    packages: ANY
  },
  {
    name: 'agent/loop',
    files: /^agent\/loop\//,
    layers: ['agent/ports', 'agent/core', 'schema'],
    packages: ANY
  },
  ...['api', 'mcp', 'tools'].map(door => ({
    name: `agent/${door}`,
    files: new RegExp(`^agent/${door}/`),
    layers: ['agent/loop', 'agent/core', 'schema'],
    packages: ANY
  })),
  {
    name: folder => folder,
    files: /^(agent\/[^/]+)\//,
    layers: ['agent/ports', 'agent/core', 'schema'],
    packages: ANY
  },
  {
    name: 'agent (composition root)',
    files: /^agent\/[^/]+\.tsx?$/,
    layers: [ANY],
    never: ['src', 'tests', 'bench'],
    packages: ANY
  },
  { name: 'src', files: /^src\//, layers: ['agent/core', 'schema'], packages: /^(?!node:|ws$)/ },
  { name: 'bench', files: /^bench\//, layers: [ANY], packages: ANY },
  { name: 'tests', files: /^tests\//, layers: [ANY], packages: ANY }
];

/** The layer of a path from the root, or undefined for what is outside them (style, package.json). */
function layerOf(path) {
  for (const layer of LAYERS) {
    const match = layer.files.exec(path);
    if (match) {
      return { ...layer, name: typeof layer.name === 'string' ? layer.name : match[1] };
    }
  }
  return undefined;
}

/** @type {import('eslint').Rule.RuleModule} */
const layers = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      layer: '{{from}} may not import {{to}}.',
      package: '{{from}} may not import the package "{{specifier}}".',
      extension: 'A relative import names its file: "{{specifier}}.js".'
    }
  },
  create(context) {
    const path = relative(root, context.filename).split(sep).join('/');
    const from = layerOf(path);
    const check = node => {
      const specifier = node.source?.value;
      if (from === undefined || typeof specifier !== 'string') {
        return;
      }
      if (!specifier.startsWith('.')) {
        if (from.packages !== ANY && !from.packages.test(specifier)) {
          context.report({ node, messageId: 'package', data: { from: from.name, specifier } });
        }
        return;
      }
      if (!/\.(js|json|css)$/.test(specifier)) {
        context.report({ node, messageId: 'extension', data: { specifier } });
      }
      const target = posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts');
      const to = layerOf(target);
      if (to === undefined || to.name === from.name) {
        return;
      }
      const allowed = from.layers.includes(to.name) || from.layers.includes(ANY);
      if (!allowed || from.never?.includes(to.name)) {
        context.report({ node, messageId: 'layer', data: { from: from.name, to: to.name } });
      }
    };
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check
    };
  }
};

export default { meta: { name: 'colophon' }, rules: { layers } };
