import {expect, test} from 'vitest';
import {OperatorError} from '../../src/domain/errors.ts';
import {helperFor} from '../../src/wiring/helper.ts';

const plain = {
	root: '/srv/registry data',
	helper: '/usr/local/sbin/regmedic-root',
	ssh: 'ops@registry-vm',
	version: '0.1.0',
};

test('the helper is for the folder, the path and the login of the configuration', () => {
	const text = helperFor(plain);

	expect(text).toContain("root='/srv/registry data'");
	expect(text).toContain('#     ops ALL=(root) NOPASSWD: /usr/local/sbin/regmedic-root');
});

test.each([
	['a folder of two lines', {root: '/srv/x\necho done\n#'}],
	['a carriage return', {root: '/srv/x\recho done'}],
	['a relative folder', {root: 'srv/x'}],
	['a folder that leads upwards', {root: '/srv/../etc'}],
	['a helper of two lines', {helper: '/usr/sbin/x\nreboot'}],
	['a helper that sudoers would read as two', {helper: '/usr/sbin/x, ALL'}],
	['a login of two lines', {ssh: 'ops\nroot@registry-vm'}],
	['a login that is an alias of everybody', {ssh: 'ALL, root@registry-vm'}],
])('no helper is printed for %s: root would run what it holds', (_, given) => {
	expect(() => helperFor({...plain, ...given})).toThrow(OperatorError);
});
