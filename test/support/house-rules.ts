import {fits} from './arrows.ts';
import {circlesIn} from './circles.ts';
import {importsIn} from './imports.ts';
import {linesOf, type SourceFile, targetsOf} from './source-graph.ts';

const mostLines = 250;

/** Packages that only some folders may know, by the folders; also what lies below a package: `react/jsx-runtime`. */
const knownBy: Record<string, string[]> = {
	ink: ['ui/**'],
	react: ['ui/**'],
	undici: ['adapters/**'],
	execa: ['adapters/**'],
	ssh2: ['adapters/ssh/**', 'drills/**'],
};

/** The pretend host's docker and git are programs of their own, which a drill starts. */
const ownProcess = ['cli.ts', 'drills/fake-builder.ts', 'drills/programs/**'];

/** @returns each circle of imports as `a.ts → b.ts`, types included */
export function circles(files: readonly SourceFile[]): string[] {
	return circlesIn(new Map(files.map(file => [file.name, targetsOf(file)]))).map(circle => circle.join(' → '));
}

export function strangersToPackages(files: readonly SourceFile[]): string[] {
	return files.flatMap(({name, text}) =>
		importsIn(text)
			.map(({target}) => target)
			.filter(target => {
				const folders = knownBy[target.split('/')[0]!];
				return folders !== undefined && !folders.some(folder => fits(folder, name));
			})
			.map(target => `${name} imports ${target}`),
	);
}

export function touchersOfProcess(files: readonly SourceFile[]): string[] {
	const global = /(?<![\w.$'"])(?:globalThis\s*(?:\?\.|\.|\[\s*['"])\s*)?process(?:['"]\s*\])?\s*(?:\?\.|\.(?=\w)|\[)/;
	const handedOn = /(?:=|[(,]|\breturn|\bof)\s*(?:globalThis\.)?process\s*[;,)]/;
	return files
		.filter(({name}) => !ownProcess.some(each => fits(each, name)))
		.filter(
			file =>
				importsIn(file.text).some(({target}) => /^(?:node:)?process$/.test(target)) ||
				global.test(codeOf(file)) ||
				handedOn.test(codeOf(file)) ||
				/\bglobalThis\s*(?:\.|\[\s*['"])\s*process\b/.test(file.text),
		)
		.map(({name}) => name);
}

/** The domain knows no clock, no randomness and no Node. */
export function impureDomain(files: readonly SourceFile[]): string[] {
	const impure =
		/\b(Date\.now\b|new Date\(\)|Math\.random\b|performance\.|Buffer\b|setTimeout|setInterval|setImmediate|fetch\()/;
	return files.filter(file => file.name.startsWith('domain/') && impure.test(codeOf(file))).map(({name}) => name);
}

export function longFiles(files: readonly SourceFile[]): string[] {
	return files.filter(file => linesOf(file) > mostLines).map(file => `${file.name}: ${linesOf(file)}`);
}

export function defaultExports(files: readonly SourceFile[]): string[] {
	return files.filter(({text}) => /^export (?:default |\{[^}]*\bas default\b)/m.test(text)).map(({name}) => name);
}

/** Code without comments, and without the words of plain strings. */
function codeOf({text}: SourceFile): string {
	return text
		.replace(/\/\*[\s\S]*?\*\//g, '')
		.replace(/(^|\s)\/\/.*$/gm, '')
		.replace(/'(?:[^'\\\n]|\\.)*'/g, "''");
}
