import {readdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import {importsIn} from './imports.ts';

export type SourceFile = {
	/** Relative to the folder that was read, with `/`. */
	name: string;
	text: string;
};

export async function readSources(folder: string): Promise<SourceFile[]> {
	const names = (await readdir(folder, {recursive: true})).filter(name => /\.tsx?$/.test(name)).sort();
	return Promise.all(
		names.map(async name => ({
			name: name.split(path.sep).join('/'),
			text: await readFile(path.join(folder, name), 'utf8'),
		})),
	);
}

/** The files of ours that a file imports, types included, by name. */
export function targetsOf({name, text}: SourceFile): string[] {
	const targets = importsIn(text)
		.filter(({target}) => target.startsWith('.'))
		.map(({target}) => path.posix.join(path.posix.dirname(name), target));
	return [...new Set(targets)];
}

export function linesOf({text}: SourceFile): number {
	return text.trimEnd().split('\n').length;
}

/** Names that a file exports. */
export function exportsOf(text: string): string[] {
	const declared = text.matchAll(
		/^export (?:async )?(?:abstract )?(?:function\*?|const|let|class|type|interface) (\w+)/gm,
	);
	const listed = text.matchAll(/^export (?:type )?\{([^}]*)\}/gm);
	return [
		...[...declared].map(match => match[1]!),
		...[...listed].flatMap(match =>
			match[1]!
				.split(',')
				.map(each => each.trim().split(/\s+/).at(-1)!)
				.filter(Boolean),
		),
	];
}

/** `file: name` of each export that no file among the importers names. */
export function unusedExports(files: readonly SourceFile[], importers: readonly SourceFile[]): string[] {
	const readers = new Map<string, SourceFile[]>();
	for (const importer of importers) {
		for (const target of targetsOf(importer)) {
			readers.set(target, [...(readers.get(target) ?? []), importer]);
		}
	}

	return files.flatMap(({name, text}) =>
		exportsOf(text)
			.filter(each => !readers.get(name)?.some(reader => new RegExp(`\\b${each}\\b`).test(reader.text)))
			.map(each => `${name}: ${each}`),
	);
}

/** What one can say of the sources of a checkout without running them. */
export async function measureSources(checkout: string): Promise<[string, number][]> {
	const below = async (folder: string) =>
		(await readSources(path.join(checkout, folder))).map(({name, text}) => ({name: `${folder}/${name}`, text}));
	const files = await below('src');
	const tests = await below('test');
	const lines = files.map(linesOf).sort((a, b) => a - b);
	const importers = new Map(files.map(({name}) => [name, 0]));
	for (const target of files.flatMap(targetsOf)) {
		importers.set(target, (importers.get(target) ?? 0) + 1);
	}

	const bySources = unusedExports(files, files).length;
	const byAnybody = unusedExports(files, [...files, ...tests]).length;
	return [
		['source files', files.length],
		['lines', lines.reduce((sum, each) => sum + each, 0)],
		['lines of a file: median', lines[lines.length >> 1]!],
		['lines of a file: longest', lines.at(-1)!],
		['files with exactly one importer', files.filter(({name}) => importers.get(name) === 1).length],
		['exports that nothing imports', byAnybody],
		['exports that only tests import', bySources - byAnybody],
	];
}
