import {OperatorError} from '../../domain/errors.ts';
import {entriesOf} from '../../domain/inventory/inventory.ts';
import {sayTime} from '../../domain/text/time.ts';
import {count} from '../../domain/text/wording.ts';
import type {InventoryReader} from '../../engine/ports/inventory.ts';
import {attempt, type Line} from './line.ts';

/** Whether an incident will have something to read. */
export function inventoryLine(name: string, reader: InventoryReader): Promise<Line> {
	return attempt(`inventory ${name}`, async () => {
		const read = await reader.read();
		if (read === undefined) {
			throw new OperatorError('inventory.unreadable', `No probe has written ${reader.place} yet.`, {
				hint: `Run \`regmedic probe ${name}\` with this configuration, and let a timer repeat it.`,
				exit: 'failed',
			});
		}

		const {registry, repositories} = read.inventory;
		let last = '';
		for (const {lastSeen} of entriesOf(read.inventory)) {
			last = lastSeen > last ? lastSeen : last;
		}

		const until = last === '' ? 'no tag seen yet' : `the last tag seen ${sayTime(last)}`;
		return `${reader.place}, of ${registry}: ${count(repositories.size, 'repository', 'repositories')}, ${until}`;
	});
}
