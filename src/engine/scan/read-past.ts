import {asOperatorError} from '../../domain/errors.ts';
import type {Inventory} from '../../domain/inventory/inventory.ts';
import {type Past, pastOf, type UnusablePast} from '../../domain/inventory/past.ts';
import type {StorageListing} from '../../domain/storage/listing/listing.ts';
import type {InventoryReader} from '../ports/inventory.ts';

export type ReadPast = {
	/** Absent: it cannot be used. */
	inventory?: Inventory;
	/** Why it cannot be used. */
	problem?: string;
	/** What the probes saw and this disk does not show any more, or why that is not known. */
	against(listing: StorageListing): Past | UnusablePast;
};

/**
 * Reads what the probes saw. An inventory that cannot be used is said, and stops nothing.
 * @returns undefined: none is configured
 */
export async function readPast(reader: InventoryReader | undefined): Promise<ReadPast | undefined> {
	if (reader === undefined) {
		return undefined;
	}

	const {place: file} = reader;
	const unusable = (problem: string): ReadPast => ({problem, against: () => ({file, problem})});
	try {
		const read = await reader.read();
		if (read === undefined) {
			return unusable(`No probe has written ${file} yet.`);
		}

		const {inventory, isTorn} = read;
		return {inventory, against: listing => ({...pastOf(inventory, listing, file), ...(isTorn && {isTorn})})};
	} catch (error) {
		const {message, hint} = asOperatorError(error);
		return unusable(`${message} ${hint}`);
	}
}
