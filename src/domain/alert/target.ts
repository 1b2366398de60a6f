import {formatReference, type ImageReference} from '../image/reference.ts';

/** What an incident can be about. `registry`: the configured one; undefined: its host is not configured, and was not contacted. */
export type AlertTarget =
	| {kind: 'image'; image: ImageReference; registry: string | undefined}
	| {kind: 'registry'; registry: string};

export function sayTarget(target: AlertTarget): string {
	return target.kind === 'registry'
		? `the registry ${target.registry}`
		: `${formatReference(target.image)}${target.registry === undefined ? ', whose registry is not configured' : ''}`;
}
