import {OperatorError} from '../domain/errors.ts';
import {isIndexType} from '../domain/media-type.ts';
import type {Part} from './walk-parts.ts';

/** Keeps the children of one platform; `linux/arm64` takes its variants along. Nested indexes are looked into. */
export function chooser(platform: string | undefined): (parts: Part[]) => Part[] {
	if (platform === undefined) {
		return parts => parts;
	}

	return parts =>
		parts.filter(
			part =>
				part.role !== 'manifest' ||
				part.platform === platform ||
				part.platform?.startsWith(`${platform}/`) ||
				(part.platform === undefined && isIndexType(part.descriptor.mediaType)),
		);
}

/** @throws OperatorError image.platform-absent */
export function expectPlatform(platform: string, all: readonly Part[], chosen: readonly Part[]): void {
	if (chosen.length > 0 || all.length === 0) {
		return;
	}

	const names = [...new Set(all.map(part => part.platform).filter(name => name !== undefined))];
	throw new OperatorError('image.platform-absent', `The image has nothing for ${platform}.`, {
		hint: names.length === 0 ? 'Its index names no platforms.' : `It has ${names.join(', ')}.`,
		exit: 'failed',
	});
}
