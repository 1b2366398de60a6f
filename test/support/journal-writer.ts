import {createJournal, openJournal} from '../../src/adapters/journal/journal.ts';
import {processes} from './processes.ts';

/**
 * A process that writes a journal until it is killed: `FOLDER new|open [COUNT]`. Prints each event once it is on the disk.
 * With `lock` it only tries to open the journal, prints whether it could, and keeps running.
 */
const [folder = '', mode, count = '1000000'] = process.argv.slice(2);
const stamp = () => ({at: new Date().toISOString(), mono: Math.round(performance.now()), actor: 'ada'});

try {
	const journal = await (mode === 'new' ? createJournal : openJournal)({folder, actor: 'ada', processes, stamp});
	if (mode === 'lock') {
		process.stdout.write('taken\n');
		process.stdin.resume();
	} else {
		for (let number = 0; number < Number(count); number++) {
			await journal.append({...stamp(), type: 'note.added', text: `note ${number} ${'x'.repeat(number % 500)}`});
			process.stdout.write(`${journal.events().length}\n`);
		}
	}
} catch (error) {
	process.stdout.write(`${(error as {code?: string}).code}\n`);
}
