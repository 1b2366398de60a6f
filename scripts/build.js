// Bundles src/ into dist/. `prepare` runs it, so `npm ci` leaves a tool that starts.
import {readFile, rm} from 'node:fs/promises';
import {build} from 'esbuild';

await rm('dist', {recursive: true, force: true});
/**
 * Yoga carries its WebAssembly as a data: URL and reads it through `fetch` where there is one. In Node that loads a whole
 * HTTP client, a third of the time to the first frame; decoding it itself is what Yoga does where there is no `fetch`.
 */
const yogaWithoutFetch = {
	name: 'yoga-without-fetch',
	setup(bundle) {
		bundle.onLoad({filter: /yoga-wasm-base64-esm\.js$/}, async ({path}) => {
			const source = await readFile(path, 'utf8');
			const question = '"function"!=typeof fetch';
			if (!source.includes(question)) {
				throw new Error('yoga-layout no longer asks for fetch this way: look at scripts/build.js.');
			}

			return {contents: source.replaceAll(question, 'true'), loader: 'js'};
		});
	},
};

await build({
	entryPoints: {cli: 'src/cli.ts', 'fake-builder': 'src/drills/fake-builder.ts'},
	outdir: 'dist',
	bundle: true,
	// Split, so that `--version` loads neither React nor the registry client.
	splitting: true,
	format: 'esm',
	platform: 'node',
	target: 'node22',
	jsx: 'automatic',
	define: {'process.env.NODE_ENV': '"production"'},
	// ssh2 brings optional native parts that a bundle cannot hold; Ink asks for the dev tools only under DEV.
	external: ['ssh2', 'react-devtools-core'],
	// What CommonJS packages expect to find around them.
	banner: {
		js: [
			"import {createRequire as $createRequire} from 'node:module';",
			"import {fileURLToPath as $fileURLToPath} from 'node:url';",
			'const require = $createRequire(import.meta.url), __filename = $fileURLToPath(import.meta.url);',
		].join(' '),
	},
	minifySyntax: true,
	plugins: [yogaWithoutFetch],
	logLevel: 'warning',
});
