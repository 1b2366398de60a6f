import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {expect, it} from 'vitest';
import {shippedHome} from '../support/shipped.ts';

/** `import './chunk.js'` and `export … from './chunk.js'`: what a chunk loads before it runs. `import()` is not among them. */
const staticImport = /^(?:import|export)\b(?:[^'"]*?\bfrom\s*)?"\.\/([^"]+)"/gm;
/** esbuild names each module that it put into a chunk. */
const bundledModule = /^\/\/ (?:\S*\/)?node_modules\/((?:@[^/\s]+\/)?[^/\s]+)/gm;

/** The packages in the chunk of this source file, and in every chunk that it loads before it runs. */
function packagesBehind(source: string): string[] {
	const dist = path.join(shippedHome(), 'dist');
	const texts = new Map(readdirSync(dist).map(name => [name, readFileSync(path.join(dist, name), 'utf8')]));
	const marker = new RegExp(`^// (?:\\S*/)?${source}$`, 'm');
	const [entry] = [...texts].find(([name, text]) => !name.startsWith('chunk-') && marker.test(text)) ?? [];
	expect(entry, `a chunk of ${source}`).toBeDefined();

	const loaded = new Set<string>([entry!]);
	for (const name of loaded) {
		for (const match of texts.get(name)!.matchAll(staticImport)) {
			loaded.add(match[1]!);
		}
	}

	const packages = [...loaded].flatMap(name => [...texts.get(name)!.matchAll(bundledModule)].map(match => match[1]!));
	return [...new Set(packages)].sort();
}

it('--version loads no package', () => {
	expect(packagesBehind('src/cli.ts')).toEqual([]);
});

it('--help and usage errors load nothing but the command line', () => {
	expect(packagesBehind('src/program.ts')).toEqual(['commander']);
});

it.each(['src/commands/drill/drill.ts', 'src/commands/respond/respond.ts'])(
	'%s loads neither the screen nor a client before the first frame',
	source => {
		const heavy = ['ink', 'react', 'undici', 'yaml', 'prom-client', 'execa', 'mdast-util-from-markdown'];

		expect(packagesBehind(source).filter(name => heavy.includes(name))).toEqual([]);
	},
);

it('the first frame waits for Ink, and for no client and no configuration', () => {
	const packages = packagesBehind('src/ui/open-screen.tsx');

	expect(packages).toContain('ink');
	expect(packages.filter(name => ['undici', 'yaml', 'prom-client', 'execa'].includes(name))).toEqual([]);
});
