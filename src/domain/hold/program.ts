import {readFlags} from '../audit/hazards/garbage-collection.ts';
import type {CleanerKind} from './cleaner-kind.ts';

/** A cleaner, by the program that runs and its own arguments: never by words that another program only mentions. */
export type CleaningProgram = {
	kind: CleanerKind;
	/** It only asks an engine to run the cleaner in a container, where the cleaner is a process of its own. */
	isClient: boolean;
	/** The words of the cleaner's own command line, from its subcommand on: the same in the client and in the container. */
	words: string[];
	/** Of a removal over HTTP: the host of the registry it is sent to. */
	registry?: string;
};

const registries = /^(?:docker-)?(?:registry|distribution)(?:[-_.]?v?\d[\w.]*)?$/;
const engines = /^(?:docker|docker-compose|podman|podman-compose|nerdctl|kubectl|crictl|oc)$/;

export function baseName(word = ''): string {
	return word.slice(word.lastIndexOf('/') + 1);
}

/** @see distribution registry/root.go; skopeo-delete(1); crane delete; regctl tag delete, manifest delete */
export function cleaningProgram(argv: readonly string[]): CleaningProgram | undefined {
	const program = baseName(argv[0]);
	const rest = argv.slice(1);
	if (engines.test(program)) {
		const inner = argv.findIndex((_, n) => n > 0 && startsCollection(argv, n));
		return inner === -1 ? undefined : collection(argv.slice(inner + 1), true);
	}

	if (registries.test(program)) {
		const at = rest.findIndex(word => !word.startsWith('-'));
		return rest[at] === 'garbage-collect' ? collection(rest.slice(at), false) : undefined;
	}

	const words = rest.filter(word => !word.startsWith('-'));
	const deletes =
		(/^(?:skopeo|crane|gcrane)$/.test(program) && words.includes('delete')) ||
		(program === 'regctl' &&
			/^(?:tag|manifest|image|index)$/.test(words[0] ?? '') &&
			/^(?:rm|del|delete)$/.test(words[1] ?? '')) ||
		(program === 'reg' && words[0] === 'rm');
	if (!deletes) {
		return undefined;
	}

	const reference = words.at(-1)!.replace(/^docker:\/\//, '');
	return {kind: 'tag-cleaner', isClient: false, words: rest, registry: reference.split('/')[0]!};
}

/** `docker exec NAME registry garbage-collect …`, `docker run IMAGE garbage-collect …`: image and program look alike. */
function startsCollection(argv: readonly string[], n: number): boolean {
	const name = baseName(argv[n]).replace(/[:@].*$/, '');
	return argv[n + 1] === 'garbage-collect' && registries.test(name);
}

/** @returns undefined for a dry run: it changes nothing */
function collection(words: string[], isClient: boolean): CleaningProgram | undefined {
	return readFlags(words.slice(1)).dryRun ? undefined : {kind: 'collection', isClient, words};
}

const interpreters = /^(?:(?:ba|da|a|k|mk|z)?sh|busybox|python[\d.]*|perl[\d.]*|ruby[\d.]*|node)$/;

/** The path of the script that an interpreter runs. A script that is started by its path has its interpreter before it. @see execve(2) */
export function scriptArgument(argv: readonly string[]): string | undefined {
	const words = baseName(argv[0]) === 'busybox' ? argv.slice(1) : argv;
	const script = words.slice(1).find(word => !word.startsWith('-'));
	const hasText = words.slice(1, 4).some(word => /^-[a-z]*c$/.test(word));
	return interpreters.test(baseName(words[0])) && !hasText ? script : undefined;
}
