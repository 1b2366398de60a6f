import * as v from 'valibot';
import {defined} from '../defined.ts';

/** What an image config says of its image. `built`: ISO 8601, UTC. */
export type ImageConfig = {platform?: string; built?: string};

const text = v.nullish(v.string());
const document = v.object({os: text, architecture: text, variant: text, created: text});

/** Tools for reproducible builds (Jib, ko, Bazel, SOURCE_DATE_EPOCH=0) write 1970 or the year 1: that is no time. */
const earliestYear = 2000;

/** @see OCI image-spec config.md. @returns nothing of a config that is no JSON, or has other types */
export function readImageConfig(source: string): ImageConfig {
	const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), document), source);
	if (!parsed.success) {
		return {};
	}

	const {os, architecture, variant, created} = parsed.output;
	const platform = [os, architecture, variant].filter(Boolean).join('/');
	const time = created ? new Date(created) : undefined;
	const isTime = time !== undefined && !Number.isNaN(time.getTime()) && time.getUTCFullYear() >= earliestYear;
	return defined({
		platform: os && architecture ? platform : undefined,
		built: isTime ? time.toISOString().replace(/\.\d+Z$/, 'Z') : undefined,
	});
}

/** Whether all of these are there. Nothing is known to be missing where none is wanted. */
export function hasPlatforms(there: readonly string[], wanted: readonly string[]): boolean {
	const known = new Set(there.map(normalized));
	return wanted.every(platform => known.has(normalized(platform)));
}

/** The usual variant of an architecture may be left out. @see containerd/platforms database.go, normalizeArch */
function normalized(platform: string): string {
	const [os, architecture, variant] = platform.split('/');
	const usual: Record<string, string> = {amd64: 'v1', arm64: 'v8', arm: 'v7'};
	return variant === undefined || variant === usual[architecture ?? ''] ? `${os}/${architecture}` : platform;
}
