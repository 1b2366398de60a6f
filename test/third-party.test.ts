import {execFile} from 'node:child_process';
import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import {expect, it} from 'vitest';
import manifest from '../package.json' with {type: 'json'};
import {shippedHome} from './support/shipped.ts';
import {createTempFolder} from './support/temp-folder.ts';

const run = promisify(execFile);
const checkout = path.resolve(import.meta.dirname, '..');

it('every package that the build bundles has its licence text in dist/THIRD-PARTY.txt', async () => {
	const text = await readFile(path.join(shippedHome(), 'dist/THIRD-PARTY.txt'), 'utf8');
	const [, ...sections] = text.split(/\n={100}\n\n/);
	const names = sections.map(section => /^(\S+) \S+ \(/.exec(section)?.[1]);

	// What a person calls by name; the rest is what these bring.
	const ours = Object.keys(manifest.devDependencies).filter(name =>
		/^(?:ink|react|undici|yaml|commander|execa|valibot)$/.test(name),
	);
	expect(ours).toHaveLength(7);
	expect(names).toEqual(expect.arrayContaining([...ours, 'yoga-layout', 'format']));
	expect(names).not.toContain('vitest');
	expect(names).not.toContain(undefined);
	for (const section of sections) {
		expect(section, section.slice(0, 40)).toMatch(/copyright|©|permission|redistribut/i);
		expect(section.length, section.slice(0, 40)).toBeGreaterThan(400);
	}
});

it('npm pack takes along a bill of materials in CycloneDX’s form, of what is shipped and no more', async () => {
	const file = path.join(await createTempFolder(), 'bom.json');
	await run(process.execPath, [path.join(checkout, 'scripts/sbom.js'), file], {cwd: checkout, timeout: 60_000});
	const bom = JSON.parse(await readFile(file, 'utf8'));
	const names = bom.components.map(({name}: {name: string}) => name);
	const text = await readFile(path.join(shippedHome(), 'dist/THIRD-PARTY.txt'), 'utf8');
	const bundled = [...text.matchAll(/^={100}\n\n(\S+) (\S+) \(/gm)].map(([, name, version]) => `${name}@${version}`);

	expect(bom).toMatchObject({
		bomFormat: 'CycloneDX',
		metadata: {component: {name: 'regmedic', version: manifest.version}},
	});
	expect(names).toEqual(expect.arrayContaining(['ssh2', 'asn1', 'ink', 'undici']));
	expect(names).not.toContain('vitest');
	expect(bom.components.map((each: {'bom-ref': string}) => each['bom-ref'])).toEqual(expect.arrayContaining(bundled));
	expect(manifest.files).toEqual(expect.arrayContaining(['dist', 'SECURITY.md', 'regmedic.cdx.json']));
});
