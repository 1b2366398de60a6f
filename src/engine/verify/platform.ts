import {asOperatorError} from '../../domain/errors.ts';
import type {Fault} from '../../domain/image/fault.ts';
import {isIndexType} from '../../domain/image/media-type.ts';
import {coversPlatform, normalPlatform} from '../../domain/image/platform.ts';
import type {Unchecked} from '../../domain/image/verdict.ts';
import type {Waiting} from '../ports/waiting.ts';
import type {AnswerCache} from './answer-cache.ts';
import type {CheckedPart, Part} from './parts.ts';

/** The platforms that were asked for: `platform` is the only one that is walked, `require` all have to be there. */
export type WantedPlatforms = {platform?: string; require?: readonly string[]};

/** Limits the walk of an index to the children of one platform. */
export type PlatformFilter = {
	/** The children of this platform, all blobs, and nested indexes, which may hold the platform. */
	choose(parts: Part[]): Part[];
	/** The platforms of all children so far, also of those not chosen. */
	seen(): string[];
};

/** @param platform `linux/arm64`, which includes its variants (`linux/arm64/v9`) */
export function createPlatformFilter(platform: string): PlatformFilter {
	const seen = new Set<string>();
	const isOfPlatform = (part: Part) => part.platform !== undefined && coversPlatform(platform, part.platform);
	return {
		choose(parts) {
			for (const part of parts) {
				seen.add(part.platform ?? '');
			}

			// A child whose platform the index does not name is judged by its config, where nothing else fits.
			const isNamed = parts.some(isOfPlatform);
			return parts.filter(
				part =>
					part.descriptor.role !== 'manifest' ||
					isOfPlatform(part) ||
					(part.platform === undefined && (!isNamed || isIndexType(part.descriptor.mediaType))),
			);
		},
		seen: () => [...seen],
	};
}

type Platforms = {named: string[]; unread: Unchecked[]; isUnknown: boolean};

/** The platforms that were asked for and that the image, as far as all of it is known, does not have. */
export async function checkPlatforms(
	{platform, require = []}: WantedPlatforms,
	{
		top,
		parts,
		cache,
		signal,
		others,
	}: Waiting & {top: Part; parts: readonly CheckedPart[]; cache: AnswerCache; others: string[]},
): Promise<{faults: Fault[]; unchecked: Unchecked[]}> {
	const wanted = [...(platform === undefined ? [] : [platform]), ...require];
	if (wanted.length === 0) {
		return {faults: [], unchecked: []};
	}

	const {named, unread, isUnknown} = await platformsOf(parts, cache, signal);
	const isThere = (name: string) =>
		named.some(one => (name === platform ? coversPlatform(name, one) : normalPlatform(name) === normalPlatform(one)));
	const missing = [...new Set(wanted)].filter(name => !isThere(name));
	if (missing.length === 0 || isUnknown) {
		return {faults: [], unchecked: missing.length === 0 ? [] : unread};
	}

	const has = [...new Set([...named, ...others])].filter(Boolean).join(', ');
	const detail = has === '' ? 'it names no platform' : `it has ${has}`;
	const {digest} = top.descriptor;
	return {
		faults: missing.map(name => ({kind: 'platform-missing', digest, via: [], platform: name, detail})),
		unchecked: [],
	};
}

/** An image that no index names a platform for has the one of its config. */
async function platformsOf(parts: readonly CheckedPart[], cache: AnswerCache, signal: AbortSignal): Promise<Platforms> {
	const platforms: Platforms = {named: [], unread: [], isUnknown: false};
	for (const {part, below, fault, unchecked, isUncached} of parts) {
		const config = below.find(({descriptor}) => descriptor.role === 'config');
		if (part.descriptor.role !== 'manifest') {
			continue;
		}

		if (part.platform !== undefined) {
			platforms.named.push(part.platform);
		} else if (config !== undefined) {
			await readConfig(config);
		} else {
			platforms.isUnknown ||= fault !== undefined || unchecked !== undefined || isUncached === true;
		}
	}

	return platforms;

	async function readConfig({descriptor, via}: Part): Promise<void> {
		const {digest} = descriptor;
		try {
			const named = await cache.platform(descriptor);
			platforms.named.push(named ?? '');
			platforms.isUnknown ||= named === undefined;
			if (named === undefined) {
				const message = 'The config of the image could not be read, so its platform is not known.';
				platforms.unread.push({
					digest,
					via,
					code: 'image.platform-unread',
					message,
					hint: 'Verify it at depth content.',
				});
			}
		} catch (error) {
			signal.throwIfAborted();
			const {code, message, hint} = asOperatorError(error);
			platforms.isUnknown = true;
			platforms.unread.push({digest, via, code, message, hint});
		}
	}
}
