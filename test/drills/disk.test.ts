import {expect, it} from 'vitest';
import {OperatorError} from '../../src/domain/errors.ts';
import {worldFailure} from '../../src/drills/disk.ts';
import {listenHttp} from '../../src/drills/listen.ts';
import {openWorld} from '../../src/drills/world/world.ts';
import {processes} from '../support/processes.ts';

const diskFull = () =>
	Object.assign(new Error('ENOSPC: no space left on device, write'), {code: 'ENOSPC', syscall: 'write'});

it('a drill whose folder cannot be made is an error for the operator, not a bug', async () => {
	// No user can make folders in sysfs, not even root.
	const opening = openWorld({processes, folder: '/sys/regmedic-drill', scenario: 'orphan-index', seed: '1'});

	await expect(opening).rejects.toMatchObject({
		code: 'drill.unwritable',
		hint: expect.stringContaining('XDG_STATE_HOME'),
	});
});

it('the error names a full disk, and a bug stays a bug', () => {
	const bug = new TypeError('undefined is not a function');

	expect(worldFailure('/srv/drill', diskFull())).toBeInstanceOf(OperatorError);
	expect(worldFailure('/srv/drill', diskFull())).toMatchObject({message: expect.stringContaining('the disk is full')});
	expect(worldFailure('/srv/drill', bug)).toBe(bug);
});

it('a simulator whose disk is full responds 500, and the drill continues', async () => {
	const listener = await listenHttp({
		name: 'registry',
		port: 0,
		async respond() {
			throw diskFull();
		},
	});

	expect((await fetch(`http://127.0.0.1:${listener.port}/`)).status).toBe(500);
	await listener.close();
});
