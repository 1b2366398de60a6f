import type {ReadInventory} from '../../domain/inventory/inventory-text.ts';

/** The inventory that the probes of a registry keep. */
export type InventoryReader = {
	/** The file, for people. */
	readonly place: string;
	/**
	 * @returns undefined: no probe has written to it yet
	 * @throws OperatorError inventory.unreadable | inventory.invalid
	 */
	read(): Promise<ReadInventory | undefined>;
};
