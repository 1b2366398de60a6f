import type {SessionView} from '../../engine/session/session.ts';

/** `blobs: 12 of 40` */
export function sayProgress({live: {progress}}: SessionView): string | undefined {
	if (!progress) {
		return undefined;
	}

	const {label, done, total} = progress;
	return `${label}${done === undefined ? '' : `: ${done}${total === undefined ? '' : ` of ${total}`}`}`;
}
