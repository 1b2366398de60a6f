import {expect, it} from 'vitest';
import {connectionLost, hostKeyRefused} from '../../../src/adapters/ssh/errors.ts';

it('a host that prints a megabyte without a line end does not fill the screen', () => {
	const {message} = connectionLost('read', 'vm', 'x'.repeat(1_000_000));

	expect(message.length).toBeLessThan(400);
});

it('the hint for an unknown host key names the known_hosts file that ssh_config names', () => {
	const asked = {host: '10.0.0.1', port: 2222};

	expect(hostKeyRefused('unknown', 'vm', asked).hint).toContain('UserKnownHostsFile');
	expect(hostKeyRefused('unknown', 'vm', {...asked, knownHostsFile: '/k'}).hint).toMatch(/>> \/k`\.$/);
});
