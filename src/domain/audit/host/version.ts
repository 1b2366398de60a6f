import {type Job, jobsOf} from '../commands/jobs.ts';
import {isTalk} from '../commands/shell.ts';
import {evidence, type Risk} from '../risk.ts';
import {isRegistryImage, type RegistrySettings, type Seen} from './settings.ts';
import type {Upkeep} from './upkeep.ts';

/** A release of distribution, as far as something told it. */
export type SeenVersion = {major: number; text: string; seen: Seen};

/** `docker run … registry:2 …` in scripts, units and crontabs. */
export function imagesRun({files}: Pick<Upkeep, 'files'>): Seen[] {
	return files
		.filter(({kind}) => kind !== 'compose' && kind !== 'quadlet')
		.flatMap(file => jobsOf(file).flatMap(job => imagesOf(job).map(seen => ({file: file.path, ...seen}))));
}

function imagesOf(job: Job): Omit<Seen, 'file'>[] {
	return job.flatMap(({argv, at, line}) => {
		const runs =
			argv.some(word => /(?:^|\/)(?:docker|podman|nerdctl)$/.test(word)) && /\s(?:run|create)\s/.test(argv.join(' '));
		const image = runs && !isTalk(argv) ? argv.find(word => /[:/@]/.test(word) && isRegistryImage(word)) : undefined;
		return image === undefined ? [] : [{at, line, value: image}];
	});
}

/** Tags that mean another image tomorrow. A digest or a whole version stays what it is. */
export function floatingTags(images: readonly Seen[]): Risk[] {
	const floating = images.filter(({value}) => !value.includes('@') && !value.includes('$') && !isWhole(tagOf(value)));
	return [...new Map(floating.map(seen => [`${seen.file} ${seen.at} ${seen.value}`, seen])).values()].map(
		({file, at, line, value}) => ({
			kind: 'floating-tag',
			severity: 'worth-knowing',
			file,
			...(at === undefined ? {} : {at}),
			line: evidence(line),
			why: `"${value}" is whatever was newest when it was pulled: the next pull may bring another registry.`,
			advice: 'Pin a whole version, as registry:2.8.3 or registry:3.0.0.',
		}),
	);
}

function tagOf(image: string): string {
	return /:([\w.-]+)$/.exec(image.replace(/@.*$/, ''))?.[1] ?? 'latest';
}

function isWhole(tag: string): boolean {
	return /^v?\d+\.\d+\.\d+/.test(tag);
}

/** What binaries say of themselves, else what the tags of their images say. */
export function versionsSeen({running}: Pick<Upkeep, 'running'>, images: readonly Seen[]): SeenVersion[] {
	const said = running.flatMap(({name, version}): SeenVersion[] => {
		const [, text, major] = /\bv?((\d+)\.\d+(?:\.\d+)?[\w.+-]*)/.exec(version ?? '') ?? [];
		return text === undefined ? [] : [{major: Number(major), text, seen: {file: name, line: version!, value: text}}];
	});
	if (said.length > 0) {
		return said;
	}

	return images.flatMap((seen): SeenVersion[] => {
		const [, text, major] = /^v?((\d+)(?:\.\d+)*)/.exec(tagOf(seen.value)) ?? [];
		return text === undefined ? [] : [{major: Number(major), text, seen}];
	});
}

/** @see distribution PR #4285: 3.0 is the first release whose -m knows the children of an index; 2.8 never got it */
export function affectedVersions(versions: readonly SeenVersion[]): Risk[] {
	const [first] = versions.filter(({major}) => major < 3);
	return first === undefined
		? []
		: [
				{
					kind: 'affected-version',
					severity: 'worth-knowing',
					file: first.seen.file,
					...(first.seen.at === undefined ? {} : {at: first.seen.at}),
					line: evidence(first.seen.line),
					why: `In registry ${first.text}, as in every 2.x, \`garbage-collect -m\` removes the children of every index.`,
					advice: 'Never run it with -m, or go to registry 3 (repair what is orphaned first).',
				},
			];
}

/** Undefined: nothing told. */
export function isAffected(versions: readonly SeenVersion[]): boolean | undefined {
	return versions.length === 0 ? undefined : versions.some(({major}) => major < 3);
}

export function allImages(upkeep: Pick<Upkeep, 'files'>, settings: RegistrySettings): Seen[] {
	return [...settings.images, ...imagesRun(upkeep)];
}
