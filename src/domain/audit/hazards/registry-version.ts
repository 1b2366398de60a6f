import {defined} from '../../defined.ts';
import {type Job, jobsOf} from '../commands/jobs.ts';
import {isHarmless} from '../commands/shell.ts';
import {evidence, type Hazard} from '../hazard.ts';
import type {Maintenance} from '../maintenance.ts';
import {isRegistryImage, type Setting} from '../registries/registry-on-host.ts';
import type {RegistrySettings} from '../registries/registry-settings.ts';

/** A release of distribution, and the binary or image that shows it. */
type RegistryVersion = {major: number; text: string; source: Setting};

/** `docker run … registry:2 …` in scripts, units and crontabs. */
function imagesRun({files}: Pick<Maintenance, 'files'>): Setting[] {
	return files
		.filter(({kind}) => kind !== 'compose' && kind !== 'quadlet')
		.flatMap(file => jobsOf(file).flatMap(job => imagesOf(job).map(image => ({file: file.path, ...image}))));
}

function imagesOf(job: Job): Omit<Setting, 'file'>[] {
	return job.flatMap(({argv, at, line}) => {
		const runs =
			argv.some(word => /(?:^|\/)(?:docker|podman|nerdctl)$/.test(word)) && /\s(?:run|create)\s/.test(argv.join(' '));
		const image =
			runs && !isHarmless(argv) ? argv.find(word => /[:/@]/.test(word) && isRegistryImage(word)) : undefined;
		return image === undefined ? [] : [{at, line, value: image}];
	});
}

/** Tags that may be another image tomorrow, unlike a digest or a whole version. */
export function floatingTags(images: readonly Setting[]): Hazard[] {
	const floating = images.filter(({value}) => !value.includes('@') && !value.includes('$') && !isWhole(tagOf(value)));
	return [...new Map(floating.map(image => [`${image.file} ${image.at} ${image.value}`, image])).values()].map(
		({file, at, line, value}) => ({
			kind: 'floating-tag',
			severity: 'worth-knowing',
			file,
			...defined({at}),
			line: evidence(line),
			why: `"${value}" was the newest version when it was pulled: the next pull may bring another registry version.`,
			advice: 'Pin a whole version, for example registry:2.8.3 or registry:3.0.0.',
		}),
	);
}

function tagOf(image: string): string {
	return /:([\w.-]+)$/.exec(image.replace(/@.*$/, ''))?.[1] ?? 'latest';
}

function isWhole(tag: string): boolean {
	return /^v?\d+\.\d+\.\d+/.test(tag);
}

/** From what runs: its binary, package or image; or else from the tags of the images in files. */
export function versionsIn({running}: Pick<Maintenance, 'running'>, images: readonly Setting[]): RegistryVersion[] {
	const said = running.flatMap(({name, version = '', image}): RegistryVersion[] => {
		const source = {file: name, line: version, value: version};
		const tagged = image === undefined ? [] : versionInTag({file: name, line: `image: ${image}`, value: image});
		const [, text, major] = /(?:^|[\s-])v?((\d+)\.(?:x|\d+(?:\.\d+)?[\w.+-]*))/.exec(version) ?? [];
		const isExact = text !== undefined && !text.endsWith('.x');
		return isExact || (text !== undefined && tagged.length === 0) ? [{major: Number(major), text, source}] : tagged;
	});
	return said.length > 0 ? said : images.flatMap(versionInTag);
}

function versionInTag(source: Setting): RegistryVersion[] {
	const [, text, major] = /^v?((\d+)(?:\.\d+)*)/.exec(tagOf(source.value)) ?? [];
	return text === undefined ? [] : [{major: Number(major), text, source}];
}

/** @see distribution PR #4285: 3.0 is the first release whose -m knows the children of an index; 2.8 never got it */
export function affectedVersions(versions: readonly RegistryVersion[]): Hazard[] {
	const [first] = versions.filter(({major}) => major < 3);
	return first === undefined
		? []
		: [
				{
					kind: 'affected-version',
					severity: 'worth-knowing',
					file: first.source.file,
					...defined({at: first.source.at}),
					line: evidence(first.source.line),
					why: `In registry ${first.text}, as in every 2.x, \`garbage-collect -m\` removes the children of every index.`,
					advice: 'Never run it with -m, or upgrade to registry 3 (repair orphaned indexes first).',
				},
			];
}

/** Undefined: no version is known. */
export function isAffected(versions: readonly RegistryVersion[]): boolean | undefined {
	return versions.length === 0 ? undefined : versions.some(({major}) => major < 3);
}

export function allImages(maintenance: Pick<Maintenance, 'files'>, settings: RegistrySettings): Setting[] {
	return [...settings.images, ...imagesRun(maintenance)];
}
