import path from 'node:path';
import {importsIn} from './imports.ts';
import type {SourceFile} from './source-graph.ts';

/**
 * Who may import what: files below src as globs, Node's modules as `node:`, packages by name; `type X`: only its types.
 * The first entry that fits a file counts.
 */
const arrows: {from: string; may: string[]}[] = [
	{from: 'cli.ts', may: ['*', '*/**', 'package.json', 'node:']},
	{from: 'program.ts', may: ['commands/**', 'invocation.ts', 'say-failure.ts', 'domain/**', 'commander']},
	{from: 'say-failure.ts', may: ['type invocation.ts', 'domain/**', 'commander']},
	{from: 'output-lost.ts', may: ['domain/**']},
	{from: 'foreground.ts', may: ['type invocation.ts', 'node:']},
	{from: 'invocation.ts', may: ['domain/**', 'type engine/ports/**']},
	{
		from: 'commands/**',
		may: [
			...['commands', 'incidents', 'wiring', 'ui', 'plain', 'engine', 'adapters', 'drills', 'domain'].map(below),
			...['invocation.ts', 'node:', 'write-file-atomic', 'commander'],
		],
	},
	{
		from: 'incidents/**',
		may: [
			...['incidents', 'wiring', 'ui', 'plain', 'engine', 'adapters', 'drills', 'domain'].map(below),
			...['type invocation.ts', 'node:', 'write-file-atomic'],
		],
	},
	{
		from: 'wiring/**',
		may: [...['wiring', 'engine', 'adapters', 'domain'].map(below), 'type invocation.ts', 'node:'],
	},
	{from: 'ui/**', may: ['ui/**', 'engine/**', 'domain/**', 'ink', 'react', 'react/jsx-runtime', 'string-width']},
	{from: 'plain/**', may: ['plain/**', 'engine/**', 'domain/**', 'string-width']},
	{from: 'engine/ports/**', may: ['type engine/ports/**', 'type domain/**']},
	{from: 'engine/**', may: ['engine/**', 'domain/**']},
	...Object.entries({
		registry: ['undici', 'valibot'],
		woodpecker: ['undici', 'valibot'],
		ssh: ['execa', 'ssh2'],
		secrets: ['execa', 'valibot'],
		journal: ['valibot'],
		sources: [],
		storage: [],
		unpack: [],
		'build-command': ['execa'],
		usage: ['execa'],
		builder: [],
		configuration: [],
		inventory: ['write-file-atomic'],
		metrics: ['prom-client', 'undici', 'write-file-atomic'],
	}).map(([name, packages]) => ({
		from: `adapters/${name}/**`,
		may: [`adapters/${name}/**`, 'engine/ports/**', 'domain/**', 'node:', ...packages],
	})),
	{from: 'drills/**', may: ['drills/**', 'domain/**', 'node:', 'ssh2']},
	{
		from: 'domain/**',
		may: ['domain/**', 'valibot', 'yaml', 'semver', 'croner', 'string-width', 'mdast', 'mdast-util-*', 'micromark-*'],
	},
];

/** The files that no arrow begins at. */
export function filesWithoutArrow(files: readonly SourceFile[]): string[] {
	return files.map(({name}) => name).filter(name => !arrows.some(({from}) => fits(from, name)));
}

/** @returns `engine/a.ts imports adapters/b.ts` for each import against the arrows, types included */
export function importsAgainstArrows(files: readonly SourceFile[]): string[] {
	return files.flatMap(({name, text}) => {
		const {may = []} = arrows.find(({from}) => fits(from, name)) ?? {};
		return importsIn(text)
			.map(({target, typeOnly}) => ({
				typeOnly,
				to: target.startsWith('.')
					? path.posix.join(path.posix.dirname(name), target).replace('../package.json', 'package.json')
					: target,
			}))
			.filter(
				({to, typeOnly}) =>
					!may.some(each => (each.startsWith('type ') ? typeOnly && fits(each.slice(5), to) : fits(each, to))),
			)
			.map(({to}) => `${name} imports ${to}`);
	});
}

function below(folder: string): string {
	return `${folder}/**`;
}

export function fits(pattern: string, name: string): boolean {
	return pattern === 'node:' ? name.startsWith('node:') : path.matchesGlob(name, pattern);
}
