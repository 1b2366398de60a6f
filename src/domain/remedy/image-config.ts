import {defined} from '../defined.ts';
import {platformPattern} from '../image/platform.ts';
import {parseConfig} from '../image/pullable/config-document.ts';

/** What an image config says of its image. `built`: ISO 8601, UTC. */
export type ImageConfig = {platform?: string; built?: string};

/** Tools for reproducible builds (Jib, ko, Bazel, SOURCE_DATE_EPOCH=0) write 1970 or the year 1: that is no time. */
const earliestYear = 2000;

/** @returns nothing of a config that clients cannot read */
export function readImageConfig(bytes: Uint8Array): ImageConfig {
	const parsed = parseConfig(bytes);
	if (!parsed.ok) {
		return {};
	}

	const {platform, created} = parsed.config;
	const time = created === undefined ? undefined : new Date(created);
	const isTime = time !== undefined && !Number.isNaN(time.getTime()) && time.getUTCFullYear() >= earliestYear;
	return defined({
		platform: platformPattern.test(platform) ? platform : undefined,
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
