// Bundles src/ into dist/. `prepare` runs it, so `npm ci` leaves a tool that starts.
import {readFile, rm, writeFile} from 'node:fs/promises';
import {argv} from 'node:process';
import {pathToFileURL} from 'node:url';
import {build} from 'esbuild';
import {bundledPackages, thirdParty} from './third-party.js';

/**
 * Yoga reads its WebAssembly from a data: URL with `fetch`, if `fetch` exists. In Node that loads a whole HTTP client, which
 * takes a third of the time to the first frame. Without `fetch`, Yoga decodes the URL itself.
 */
const yogaWithoutFetch = {
	name: 'yoga-without-fetch',
	setup(bundle) {
		bundle.onLoad({filter: /yoga-wasm-base64-esm\.js$/}, async ({path}) => {
			const source = await readFile(path, 'utf8');
			const question = '"function"!=typeof fetch';
			if (!source.includes(question)) {
				throw new Error('yoga-layout no longer tests for fetch this way: adapt scripts/build.js.');
			}

			return {contents: source.replaceAll(question, 'true'), loader: 'js'};
		});
	},
};

const options = {
	metafile: true,
	entryPoints: {
		cli: 'src/cli.ts',
		'fake-builder': 'src/drills/fake-builder.ts',
		'unpack-worker': 'src/adapters/unpack/worker.ts',
	},
	outdir: 'dist',
	bundle: true,
	// Split, so that `--version` loads neither React nor the HTTP client.
	splitting: true,
	format: 'esm',
	platform: 'node',
	target: 'node22',
	jsx: 'automatic',
	define: {'process.env.NODE_ENV': '"production"'},
	// ssh2 has optional native parts, which cannot be bundled. Ink imports its dev tools only if DEV=true.
	external: ['ssh2', 'react-devtools-core'],
	// CommonJS packages expect these variables.
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
};

/** @param {import('esbuild').BuildOptions} more */
export const bundle = more => build({...options, ...more});

if (import.meta.url === pathToFileURL(argv[1]).href) {
	await rm('dist', {recursive: true, force: true});
	const {metafile} = await bundle();
	await writeFile('dist/THIRD-PARTY.txt', await thirdParty(bundledPackages(metafile)));
}
