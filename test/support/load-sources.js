// Loaded with `node --import`: Node strips types by itself, but does not know JSX.
import {readFileSync} from 'node:fs';
import {registerHooks} from 'node:module';
import {fileURLToPath} from 'node:url';
import {transformSync} from 'esbuild';

registerHooks({
	load(url, context, nextLoad) {
		return url.endsWith('.tsx')
			? {
					format: 'module',
					shortCircuit: true,
					source: transformSync(readFileSync(fileURLToPath(url), 'utf8'), {
						loader: 'tsx',
						jsx: 'automatic',
						format: 'esm',
						target: 'esnext',
					}).code,
				}
			: nextLoad(url, context);
	},
});
