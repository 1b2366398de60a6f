import {instructionsOf} from './dockerfile-lines.ts';
import {expand} from './dockerfile-variables.ts';

/** An image that a build starts from, or copies from. `platform`: set where it is not the platform that is built for. */
export type BaseImage = {name: string; platform?: string};

/** What is known of a Dockerfile before it is built. */
export type Recipe = {
	/** Images of a registry, each once, in the order of their lines. Neither stages nor `scratch`. */
	bases: BaseImage[];
	/** It runs programs of the platform that it builds for: for another platform than the host's that takes emulation. */
	runs: boolean;
	/** What only BuildKit understands of it, as a person reads it. */
	buildKit?: string;
};

type Stage = {name?: string; from: string; platform?: string; copies: string[]; runs: boolean};

/**
 * Reads what a build of the last stage needs. An ARG before the first FROM has its value from the build's arguments, else its own.
 * @param args the build's arguments
 * @see docs.docker.com/reference/dockerfile, "FROM", "ARG", "Understand how ARG and FROM interact"
 */
export function readRecipe(source: string, args: Readonly<Record<string, string>> = {}): Recipe {
	const globals = new Map<string, string>();
	const stages: Stage[] = [];
	const given = (name: string) => args[name] ?? globals.get(name);
	let buildKit: string | undefined;

	for (const {word, rest, heredoc} of instructionsOf(source)) {
		const stage = stages.at(-1);
		if (heredoc) {
			buildKit ??= 'a heredoc (<<)';
		}

		if (word === 'ARG' && stage === undefined) {
			for (const [, name = '', , value] of rest.matchAll(/(\w+)(=("[^"]*"|'[^']*'|\S*))?/g)) {
				globals.set(name, args[name] ?? expand(unquoted(value ?? ''), given));
			}
		} else if (word === 'FROM') {
			const [, flag, from = '', name] = /^(?:--platform=(\S+)\s+)?(\S+)(?:\s+as\s+(\S+))?/i.exec(rest) ?? [];
			buildKit ??= flag?.includes('BUILDPLATFORM') ? '--platform=$BUILDPLATFORM' : undefined;
			// What BuildKit sets itself is not known before: the host's, or the one that is built for.
			const platform = flag?.includes('TARGET') ? undefined : flag;
			stages.push({
				from: expand(unquoted(from), given),
				copies: [],
				runs: false,
				...(name !== undefined && {name: name.toLowerCase()}),
				...(platform !== undefined && {platform: expand(platform, given) || platform}),
			});
		} else if (stage !== undefined) {
			stage.runs ||= word === 'RUN';
			if (word === 'RUN' && rest.startsWith('--')) {
				buildKit ??= /^(--\w+)/.exec(rest)?.[1];
			}

			stage.copies.push(...copiesOf(word, rest));
		}
	}

	return {...needsOf(stages), ...(buildKit !== undefined && {buildKit})};
}

/** What it copies from: a stage by name or number, or an image. */
function copiesOf(word: string, rest: string): string[] {
	const flag = word === 'COPY' || word === 'ADD' ? /(?<=^(?:--\S+\s+)*)--from=(\S+)/g : /--mount=\S*?\bfrom=([^,\s]+)/g;
	return word === 'COPY' || word === 'ADD' || word === 'RUN'
		? [...rest.matchAll(flag)].map(([, from = '']) => from)
		: [];
}

/** Of the last stage and all stages that it is made from. */
function needsOf(stages: readonly Stage[]): Pick<Recipe, 'bases' | 'runs'> {
	const used = new Set<number>();
	const bases = new Map<string, BaseImage>();
	const use = (at: number) => {
		const stage = stages[at];
		if (stage === undefined || used.has(at)) {
			return;
		}

		used.add(at);
		for (const name of [stage.from, ...stage.copies]) {
			const before = stages
				.slice(0, at)
				.findLastIndex((each, n) => each.name === name.toLowerCase() || (name !== stage.from && String(n) === name));
			if (before !== -1) {
				use(before);
			} else if (name !== 'scratch' && name !== '') {
				const {platform} = name === stage.from ? stage : {};
				bases.set(`${name} ${platform ?? ''}`, {name, ...(platform !== undefined && {platform})});
			}
		}
	};
	use(stages.length - 1);
	// A stage of a fixed platform runs that platform's programs.
	const runs = [...used].some(at => stages[at]!.runs && platformOf(stages, at) === undefined);
	return {bases: [...bases.values()], runs};
}

function platformOf(stages: readonly Stage[], at: number): string | undefined {
	const {platform, from} = stages[at]!;
	const before = stages.slice(0, at).findLastIndex(({name}) => name === from.toLowerCase());
	return platform ?? (before === -1 ? undefined : platformOf(stages, before));
}

function unquoted(text: string): string {
	return text.replace(/^(["'])(.*)\1$/, '$2');
}
