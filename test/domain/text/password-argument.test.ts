import {expect, test} from 'vitest';
import {holdsPassword} from '../../../src/domain/text/password-argument.ts';

test.each([
	'http://ada:hunter2@gateway.example:9091',
	'https://token@registry.example',
	'--push=http://ada:hunter2@gateway.example',
	'http://ada:p@ss/word@gateway.example',
	'ssh://root:hunter2@vm',
	'ada:hunter2@registry.example/app:latest',
	'--ssh=root:hunter2@vm',
	'socks5://ada:hunter2@proxy:1080',
])('%s holds a password', argument => {
	expect(holdsPassword(argument)).toBe(true);
});

test.each([
	'registry.example:5050/acme/app:latest@sha256:0123456789abcdef',
	'127.0.0.1:5055/app@sha256:0123',
	'app:latest@sha256:0123',
	'git@git.example:acme/infra',
	'ssh://git@git.example/acme/infra',
	'root@vm:2222',
	'infra-ci@0a1b2c3d4e5f=remove',
	'acme/web@tag:latest=leave',
	'https://registry.example:5050',
	'2026-04-19T03:14:00Z',
])('%s holds none', argument => {
	expect(holdsPassword(argument)).toBe(false);
});
