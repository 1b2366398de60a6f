import path from 'node:path';
import {checkInventory, keepSightings} from '../../adapters/inventory/inventory-file.ts';
import {asOperatorError, type OperatorError} from '../../domain/errors.ts';
import type {Sighting} from '../../domain/inventory/inventory.ts';
import {visibleLine} from '../../domain/text/visible.ts';
import type {Invocation} from '../../invocation.ts';

/** Collects what a run sees, for the inventory. */
type Keeper = {
	add(sighting: Sighting): void;
	/** @returns the failure, which keeps nothing else from working */
	keep(): Promise<OperatorError[]>;
};

/**
 * Says before the run where the file does not fit: a typing mistake should not be found after an hour. The run goes on, because
 * a damaged inventory must not blind the monitoring.
 */
export async function openKeeper(
	file: string | undefined,
	registry: string,
	{folder, signal, talk}: Invocation,
): Promise<Keeper | undefined> {
	if (file === undefined) {
		return undefined;
	}

	const target = path.resolve(folder, file);
	const sightings: Sighting[] = [];
	await checkInventory(target, registry).catch(error => {
		const {message} = asOperatorError(error);
		talk(`The inventory cannot be kept: ${visibleLine(message)} The probe goes on without it.\n`);
	});
	return {
		add: sighting => void sightings.push(sighting),
		async keep() {
			if (sightings.length === 0) {
				return [];
			}

			return keepSightings(target, {registry, sightings, signal}).then(
				() => [],
				error => [asOperatorError(error)],
			);
		},
	};
}
