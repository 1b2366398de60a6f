import * as v from 'valibot';
import {defined} from '../defined.ts';
import {type MeantPlatforms, meantPlatforms} from '../image/meant-platforms.ts';

const nullableText = v.nullish(v.string());

const build = v.object({
	git: v.string(),
	branch: nullableText,
	context: v.optional(v.string(), '.'),
	dockerfile: v.optional(v.string(), 'Dockerfile'),
	tags: v.optional(v.array(v.string()), []),
	builder: v.optional(v.picklist(['auto', 'docker', 'podman', 'buildah']), 'auto'),
	environment: v.optional(v.record(v.string(), v.string()), {}),
	platforms: v.nullish(v.array(v.string())),
	args: v.optional(v.record(v.string(), v.string()), {}),
	secrets: v.optional(v.record(v.string(), v.object({file: v.string()})), {}),
});

const schema = v.object({
	role: v.optional(v.picklist(['authoritative', 'cache']), 'authoritative'),
	platforms: v.optional(meantPlatforms, {}),
	plainHttp: v.optional(v.boolean(), false),
	fillCache: v.optional(v.boolean(), false),
	sources: v.optional(v.array(v.string()), []),
	restart: nullableText,
	order: v.nullish(v.object({command: v.string(), pushes: v.nullish(v.array(v.string()))})),
	repository: nullableText,
	branch: nullableText,
	pushes: v.nullish(v.array(v.string())),
	runsInItself: v.optional(v.boolean(), false),
	runsIn: v.optional(v.array(v.string()), []),
	from: v.optional(v.array(v.string()), []),
	neededByPipelines: v.optional(v.boolean(), false),
	usedByPipelines: v.optional(v.array(v.string()), []),
	fallback: nullableText,
	build: v.nullish(build),
});

/** The settings as the journal keeps them and as `${settings.NAME}` in a runbook reads them; null: not configured. */
export type SettingsValues = v.InferInput<typeof schema> & {
	host?: string;
	registry?: string | null;
	/** `REPOSITORY@BRANCH` */
	pipeline?: string | null;
};

/** The part of the configuration that is about the image of an incident, without secrets. */
export type Settings = {
	role: 'authoritative' | 'cache';
	/** Which platforms are meant to be there. */
	platforms: MeantPlatforms;
	plainHttp: boolean;
	/** A pull-through cache may be made to fetch what it lacks. */
	fillCache?: boolean;
	/** Where copy-back looks, by name. Absent: nowhere is configured. */
	sources?: string[];
	/** The command that restarts the registry. */
	restart?: string;
	/** The pipeline that builds the image. */
	pipeline?: CiPipeline;
	/** The command that orders a build of the image, for people; what is run is configured. */
	order?: {command: string; pushes?: string[]};
	/** The pipeline that builds the image runs in that image. */
	runsInItself: boolean;
	/** The repositories of the images that this pipeline runs in. */
	runsIn: string[];
	/** The repositories that it is built FROM, as far as the configuration says. */
	from?: string[];
	/** A pipeline that is configured for this registry runs in the image. */
	neededByPipelines: boolean;
	/** Further repositories whose pipelines run in the image. */
	usedByPipelines: string[];
	fallback?: FallbackBuild;
};

/** `pushes`: the tags that it is declared to push; absent: nobody declared any. */
type CiPipeline = {repository: string; branch: string; pushes?: string[]};

/** How the image is built without CI. */
export type FallbackBuild = {
	/** The host that builds, for people. */
	place?: string;
	git: string;
	branch?: string;
	context: string;
	dockerfile: string;
	/** Tags that are pushed beside the one of the incident. */
	tags: string[];
	builder: 'auto' | 'docker' | 'podman' | 'buildah';
	environment: Record<string, string>;
	/** Absent: the one of the host, and nobody said that others may be lost. */
	platforms?: string[];
	/** Build arguments. */
	args: Record<string, string>;
	/** By id: files on the host that builds. */
	secrets: Record<string, {file: string}>;
};

/** Undefined: these are not the settings of an incident. */
export function parseSettings(values: unknown): Settings | undefined {
	const parsed = v.safeParse(schema, values);
	if (!parsed.success) {
		return undefined;
	}

	const {
		role,
		platforms,
		plainHttp,
		fillCache,
		sources,
		runsInItself,
		runsIn,
		from,
		neededByPipelines,
		usedByPipelines,
		restart,
		order: ordered,
		repository,
		branch,
		pushes,
		fallback,
		build: order,
	} = parsed.output;
	return {
		role,
		platforms,
		plainHttp,
		...(fillCache && {fillCache}),
		...(sources.length > 0 && {sources}),
		...(from.length > 0 && {from}),
		runsInItself,
		runsIn,
		neededByPipelines,
		usedByPipelines,
		...defined({
			restart: restart || undefined,
			order: ordered ? {command: ordered.command, ...defined({pushes: ordered.pushes ?? undefined})} : undefined,
			pipeline: repository && branch ? {repository, branch, ...defined({pushes: pushes ?? undefined})} : undefined,
			fallback: order ? fallbackOf(order, fallback || undefined) : undefined,
		}),
	};
}

function fallbackOf(
	{branch, platforms, ...order}: v.InferOutput<typeof build>,
	place: string | undefined,
): FallbackBuild {
	return {...order, ...defined({place, branch: branch ?? undefined, platforms: platforms ?? undefined})};
}
