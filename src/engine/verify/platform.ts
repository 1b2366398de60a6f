import {OperatorError} from '../../domain/errors.ts';
import {isIndexType} from '../../domain/image/media-type.ts';
import type {Part} from './parts.ts';

/** Limits the walk of an index to the children of one platform. */
export type PlatformFilter = {
	/** The children of this platform, all blobs, and nested indexes, which may hold the platform. */
	choose(parts: Part[]): Part[];
	/** @throws OperatorError image.platform-absent, where the index has children and none can be of the platform */
	expectAmong(children: Part[]): void;
	/** After a walk: a nested index may hold nothing of the platform. @throws OperatorError image.platform-absent */
	expectFound(): void;
};

/** @param platform `linux/arm64`, which includes its variants (`linux/arm64/v8`) */
export function createPlatformFilter(platform: string): PlatformFilter {
	const seen: Part[] = [];
	const isOfPlatform = (part: Part) => part.platform === platform || part.platform?.startsWith(`${platform}/`) === true;
	const matching = (parts: readonly Part[]) =>
		parts.filter(
			part =>
				part.descriptor.role !== 'manifest' ||
				isOfPlatform(part) ||
				(part.platform === undefined && isIndexType(part.descriptor.mediaType)),
		);

	return {
		choose(parts) {
			seen.push(...parts);
			return matching(parts);
		},
		expectAmong(children) {
			if (children.length > 0 && matching(children).length === 0) {
				throw platformAbsent(platform, children);
			}
		},
		expectFound() {
			if (!seen.some(isOfPlatform)) {
				throw platformAbsent(platform, seen);
			}
		},
	};
}

function platformAbsent(platform: string, all: readonly Part[]): OperatorError {
	const names = [...new Set(all.map(part => part.platform).filter(name => name !== undefined))];
	return new OperatorError('image.platform-absent', `The image has nothing for ${platform}.`, {
		hint: names.length === 0 ? 'Its index names no platforms.' : `It has ${names.join(', ')}.`,
		exit: 'failed',
	});
}
