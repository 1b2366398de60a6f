import {type PlatformLoss, sayLeft, sayLoss, sayWrite, type TagWrite} from './tag-write.ts';

/**
 * `image`: what the pipeline is started for. `writes`: the tags that it is declared to push; null: nobody declared any; absent:
 * version 0.1, which claimed the image itself. `after`: the number of the newest pipeline when this was planned. `cancels`: the
 * pipelines that the server cancels because of it. `again`: an order before it was not seen to arrive. `unguarded`: no store is
 * locked meanwhile.
 */
export type StartPipeline = {
	kind: 'start-pipeline';
	repository: string;
	branch: string;
	image: string;
	writes?: TagWrite[] | null;
	after?: number;
	cancels?: string[];
	again?: boolean;
	unguarded?: boolean;
};

/** An image that a build starts from. `verdict`: of one in the same registry. */
export type BuiltFrom = {name: string; verdict?: TagWrite['verdict']};

/**
 * `images`: the references that are pushed. Version 0.1 told no more. `writes`: the same as tags, in the same order. `leaves`: tags
 * that the configuration names and that are not pushed. `for`: the platforms, where they are configured. `unread`: why it is not known
 * what it starts from.
 */
export type BuildAndPush = {
	kind: 'build-and-push';
	git: string;
	context: string;
	dockerfile: string;
	images: string[];
	writes?: TagWrite[];
	leaves?: TagWrite[];
	platforms?: PlatformLoss;
	for?: string[];
	bases?: BuiltFrom[];
	unread?: string;
};

/** `command`: as a person reads it; what is run is configured. */
export type RunBuildCommand = {
	kind: 'run-build-command';
	image: string;
	command: string;
	follow?: string;
	writes: TagWrite[] | null;
};

type Build = StartPipeline | BuildAndPush | RunBuildCommand;

/** An intact tag is overwritten, or a platform is left out that can be pulled, or that nobody has said may be left out. */
export function takesAway(build: Build): boolean {
	const {loses = [], unsaid = false} = build.kind === 'build-and-push' ? (build.platforms ?? {}) : {};
	return unsaid || [...(build.writes ?? []), ...loses].some(({verdict}) => verdict === 'intact');
}

/** Nothing is claimed of a pipeline that nobody declared. What a person must not overlook comes first. */
export function sayStart(build: StartPipeline): string[] {
	const {image, writes, again, repository, branch} = build;
	const starts = `starts ${again ? 'a second' : 'one'} manual pipeline of ${repository}, branch ${branch}`;
	if (writes === undefined) {
		return [starts, `which builds and pushes ${image}`];
	}

	if (writes === null) {
		return [starts, 'it is not known which tags it pushes: images.….build.pushes does not say'];
	}

	const isPushed = image.includes('@') || writes.some(({tag}) => ofRepository(image, tag) === image);
	return [
		...sayBuildDangers(build),
		starts,
		...sayWrites(image, writes, false),
		...(isPushed ? [] : [`does not push ${image}`]),
	];
}

/** What keeps a second pipeline away, and what does not. */
export function sayCaveats({again, unguarded}: StartPipeline): string[] {
	return [
		...(again
			? ['an order before it was not seen to arrive: it is looked for once more, and followed if it has come']
			: []),
		...(unguarded ? ['no storage is configured to lock: nothing keeps a second person from the same order'] : []),
	];
}

export function sayBuild(build: BuildAndPush): string[] {
	const {git, context, dockerfile, images, writes, leaves = [], for: platforms, bases = [], unread} = build;
	const [image = ''] = images;
	return [
		...sayBuildDangers(build),
		`clones ${git}`,
		`builds ${context} with ${dockerfile}${platforms === undefined ? '' : ` for ${platforms.join(', ')}`}`,
		...bases.filter(({verdict}) => verdict !== 'broken').map(({name}) => `starts from ${name}, pulled anew`),
		...(unread === undefined ? [] : [`it is not known what it starts from: ${unread}`]),
		...(writes === undefined ? images.map(name => `pushes ${name}`) : sayWrites(image, writes, false)),
		...leaves.map(left => sayLeft(ofRepository(image, left.tag), left)),
	];
}

export function sayRun(build: RunBuildCommand): string[] {
	const {image, command, follow, writes} = build;
	return [
		...sayBuildDangers(build),
		`runs on this machine: ${command}`,
		...(follow === undefined ? [] : [`then waits with: ${follow}`]),
		...(writes === null
			? ['it is not known which tags it pushes: images.….build.pushes does not say']
			: sayWrites(image, writes, false)),
		'an order cannot be looked up: if its reply is lost, you say what became of it',
	];
}

/** Intact tags that are overwritten, and platforms that are lost. */
export function sayBuildDangers(build: Build): string[] {
	const image = build.kind === 'build-and-push' ? (build.images[0] ?? '') : build.image;
	const {platforms, bases = []} = build.kind === 'build-and-push' ? build : {};
	return [
		...sayWrites(image, build.writes ?? [], true),
		...(platforms === undefined ? [] : sayLoss(platforms)),
		...bases.flatMap(({name, verdict}) =>
			verdict === 'broken' ? [`starts from ${name}, which is broken now and has to be repaired first`] : [],
		),
	];
}

function sayWrites(image: string, writes: readonly TagWrite[], isIntact: boolean): string[] {
	return writes
		.filter(({verdict}) => (verdict === 'intact') === isIntact)
		.map(write => sayWrite(ofRepository(image, write.tag), write));
}

/** Another tag of the same repository. */
function ofRepository(reference: string, tag: string): string {
	return `${reference.replace(/@.*$/, '').replace(/:[^/:]*$/, '')}:${tag}`;
}
