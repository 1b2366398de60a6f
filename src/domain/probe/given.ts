import {OperatorError} from '../errors.ts';
import {hostPart, type ImageReference, isHost, isRepositoryName, parseReference} from '../image/reference.ts';
import {globs} from '../text/glob.ts';
import {count} from '../text/wording.ts';

/** A repository that is named instead of being listed. `images`: only these of it; absent: all that its tags name. */
export type GivenRepository = {name: string; images?: ImageReference[]};

/** `elsewhere`: how many lines name images of other registries. */
export type Given = {repositories: GivenRepository[]; elsewhere: number};

type Where = {
	/** `host[:port]` of the registry. */
	host: string;
	isOwn(host: string): boolean;
	/** For messages: the file. */
	file: string;
};

/**
 * A repository or a reference a line; empty lines and those that begin with `#` count for nothing. Of a reference only the repository
 * is taken.
 * @throws OperatorError usage.repositories: a line is neither, or no line names this registry
 */
export function parseRepositories(text: string, where: Where): Given {
	return parseLines(text, where, line =>
		isRepositoryName(line) && !where.isOwn(hostPart(line)) ? {name: line} : nameOf(line, where),
	);
}

/** A reference a line: `regmedic usage --images` prints such. @throws OperatorError usage.repositories */
export function parseImages(text: string, where: Where): Given {
	const given = parseLines(text, where, line => {
		const image = referenceOf(line, where);
		return image && {name: image.repository, images: [image]};
	});
	const names = Map.groupBy(given.repositories, ({name}) => name);
	const repositories = [...names].map(([name, some]) => ({name, images: some.flatMap(({images = []}) => images)}));
	return {...given, repositories};
}

/** Whether `--repository` names it: without any, all are meant. */
export function isChosen(name: string, patterns: readonly string[] = []): boolean {
	return patterns.length === 0 || patterns.some(pattern => globs(pattern, name));
}

/** Names without a star need no catalogue. */
export function plainNames(patterns: readonly string[] = []): GivenRepository[] | undefined {
	return patterns.length > 0 && patterns.every(isRepositoryName) ? patterns.map(name => ({name})) : undefined;
}

/** @param read undefined: of another registry @throws OperatorError reference.malformed */
function parseLines(text: string, where: Where, read: (line: string) => GivenRepository | undefined): Given {
	const found = new Map<string, GivenRepository>();
	let elsewhere = 0;
	for (const [at, raw] of text.split(/\r?\n/).entries()) {
		const line = raw.trim();
		if (line === '' || line.startsWith('#')) {
			continue;
		}

		try {
			const repository = read(line);
			elsewhere += repository === undefined ? 1 : 0;
			if (repository !== undefined) {
				found.set(JSON.stringify(repository), repository);
			}
		} catch (error) {
			throw refusal(`${where.file}:${at + 1}: ${error instanceof OperatorError ? error.message : 'not a name.'}`);
		}
	}

	if (found.size === 0) {
		const others = elsewhere === 0 ? '' : ` It names ${count(elsewhere, 'image')} of other registries.`;
		throw refusal(`${where.file} names no repository of ${where.host}.${others}`);
	}

	return {repositories: [...found.values()], elsewhere};
}

function nameOf(line: string, where: Where): GivenRepository | undefined {
	const host = hostPart(line);
	const rest = line.slice(host.length + 1);
	if (isHost(host) && where.isOwn(host.toLowerCase()) && isRepositoryName(rest)) {
		return {name: rest};
	}

	const image = referenceOf(line, where);
	return image && {name: image.repository};
}

/** Without a host it is of this registry. */
function referenceOf(line: string, {host, isOwn}: Where): ImageReference | undefined {
	const image = parseReference(isHost(hostPart(line)) ? line : `${host}/${line}`);
	return isOwn(image.host) ? {...image, host} : undefined;
}

function refusal(message: string): OperatorError {
	return new OperatorError('usage.repositories', message, {
		hint: 'Write a repository, or HOST[:PORT]/REPOSITORY:TAG, on each line.',
		exit: 'usage',
	});
}
