import type {Unseen} from '../../domain/audit/audit.ts';
import type {Hazard} from '../../domain/audit/hazard.ts';
import {asOperatorError} from '../../domain/errors.ts';

/** What one part of an audit found. */
export type Found = {risks?: Hazard[]; unseen?: Unseen[]};

/** A part that cannot be read is not clean. The other parts are still worth knowing. */
export async function orUnseen<T extends object>(
	what: string,
	read: () => Promise<T>,
): Promise<T | {unseen: Unseen[]}> {
	try {
		return await read();
	} catch (error) {
		const {message, hint} = asOperatorError(error);
		return {unseen: [{what, why: `${message} ${hint}`}]};
	}
}
