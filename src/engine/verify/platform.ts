import {OperatorError} from '../../domain/errors.ts';
import {isIndexType} from '../../domain/image/media-type.ts';
import type {Part} from './needs.ts';

/** Keeps the children of one platform; `linux/arm64` takes its variants along. Nested indexes are looked into. */
export function chooser(platform: string | undefined): (parts: Part[]) => Part[] {
	if (platform === undefined) {
		return parts => parts;
	}

	return parts =>
		parts.filter(
			part =>
				part.need.role !== 'manifest' ||
				isOf(platform, part) ||
				(part.platform === undefined && isIndexType(part.need.mediaType)),
		);
}

function isOf(platform: string, part: Part): boolean {
	return part.platform === platform || part.platform?.startsWith(`${platform}/`) === true;
}

/** @throws OperatorError image.platform-absent */
export function expectPlatform(platform: string, all: readonly Part[], chosen: readonly Part[]): void {
	if (chosen.length > 0 || all.length === 0) {
		return;
	}

	throw platformAbsent(platform, all);
}

/** Whether the walk came to anything of this platform: an index in an index may hold none of it. */
export function reached(platform: string, looked: readonly Part[]): boolean {
	return looked.some(part => isOf(platform, part));
}

export function platformAbsent(platform: string, all: readonly Part[]): OperatorError {
	const names = [...new Set(all.map(part => part.platform).filter(name => name !== undefined))];
	return new OperatorError('image.platform-absent', `The image has nothing for ${platform}.`, {
		hint: names.length === 0 ? 'Its index names no platforms.' : `It has ${names.join(', ')}.`,
		exit: 'failed',
	});
}
