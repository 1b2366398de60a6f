import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {expect, test} from 'vitest';
import manifest from '../package.json' with {type: 'json'};
import {exitCodes} from '../src/domain/errors.ts';
import {faultKinds} from '../src/domain/image/fault.ts';
import {metricNames} from '../src/domain/probe/metrics.ts';
import {scenarios} from '../src/drills/scenarios/scenarios.ts';
import {runProgram} from '../src/program.ts';
import {keymap} from '../src/ui/state/keymap.ts';

const root = path.resolve(import.meta.dirname, '..');
const readme = await readFile(path.join(root, 'README.md'), 'utf8');

test('every key of the keymap stands in the README, with what it does', () => {
	const missing = keymap.filter(
		({keys, title}) => !readme.includes(`| ${keys.map(key => `\`${key}\``).join(' ')} | ${title} |`),
	);

	expect(missing).toEqual([]);
});

test('every command the program offers stands in the README, and every one of the README is offered', async () => {
	let help = '';
	const outside = {
		version: '0',
		home: root,
		print: (text: string) => {
			help += text;
		},
		talk: () => {},
		invocation: () => Promise.reject() as never,
	};
	await runProgram(['--help'], outside);
	const offered = [...help.matchAll(/^ {2}([a-z]+)\b/gm)].map(match => match[1]!).filter(name => name !== 'help');
	const written = [...readme.matchAll(/^\| `regmedic ([a-z]+)/gm)].map(match => match[1]!);

	expect(offered.length).toBeGreaterThan(5);
	expect([...new Set(written)].sort()).toEqual([...new Set(offered)].sort());
});

test('every exit code and every kind of fault stands in the README', () => {
	const codes = Object.values(exitCodes).filter(code => !new RegExp(`^\\| ${code} \\|`, 'm').test(readme));
	const kinds = faultKinds.filter(kind => !readme.includes(kind));

	expect({codes, kinds}).toEqual({codes: [], kinds: []});
});

test('every metric stands in the README, by its whole name or by its end', () => {
	const table = readme.slice(readme.indexOf('## Metrics'), readme.indexOf('## Configuration'));
	const missing = Object.values(metricNames).filter(
		name => !table.includes(name) && !table.includes(`\`${name.replace('registry_manifest_integrity', '')}\``),
	);

	expect(table.length).toBeGreaterThan(500);
	expect(missing).toEqual([]);
});

test('every dependency has its reason in the README', () => {
	const table = readme.slice(readme.indexOf('## Dependencies'));
	const all = [
		...Object.keys(manifest.dependencies),
		...Object.keys(manifest.devDependencies).filter(name => !name.startsWith('@types/')),
	];

	expect(all.filter(name => !table.includes(name))).toEqual([]);
});

test('the README marks the packages that are not bundled', () => {
	const table = readme.slice(readme.indexOf('## Dependencies'));
	const unbundled = [...table.matchAll(/^\| (.+) \(not bundled\) \|/gm)].flatMap(match => match[1]!.split(', '));

	expect(unbundled).toEqual(Object.keys(manifest.dependencies));
});

test('the shipped drill is one there is', () => {
	const started = /drill ([a-z-]+)/.exec(manifest.scripts.start)?.[1];

	expect(scenarios.map(({name}) => name)).toContain(started);
});

test('the lock file names no package registry', async () => {
	const lock = await readFile(path.join(root, 'package-lock.json'), 'utf8');

	expect(lock).not.toContain('"resolved"');
});
