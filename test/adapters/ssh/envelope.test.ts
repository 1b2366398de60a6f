import fc from 'fast-check';
import {expect, it} from 'vitest';
import {openEnvelope, seal} from '../../../src/adapters/ssh/envelope.ts';
import {parseDestination} from '../../../src/adapters/ssh/ssh-program.ts';

const nonce = 'abcdef0123456789';

function readAll(chunks: Uint8Array[]) {
	const out: Uint8Array[] = [];
	const reader = openEnvelope(nonce, chunk => out.push(Buffer.from(chunk)));
	for (const chunk of chunks) {
		reader.push(chunk);
	}

	return {reader, output: Buffer.concat(out)};
}

const answer = (noise: Uint8Array, body: Uint8Array, code: number) =>
	Buffer.concat([noise, Buffer.from(`\0B ${nonce}\0`), body, Buffer.from(`\0E ${nonce} ${code}\0`)]);

it('returns exactly what the script printed, whatever came before it and however it was cut into chunks', () => {
	fc.assert(
		fc.property(
			fc.uint8Array(),
			fc.uint8Array({maxLength: 300}),
			fc.integer({min: 0, max: 255}),
			fc.array(fc.integer({min: 1, max: 40}), {minLength: 1}),
			(noise, body, code, sizes) => {
				const whole = answer(noise, body, code);
				const chunks: Uint8Array[] = [];
				for (let at = 0, n = 0; at < whole.length; n++) {
					const size = sizes[n % sizes.length]!;
					chunks.push(whole.subarray(at, at + size));
					at += size;
				}

				const {reader, output} = readAll(chunks);

				expect(reader.exitCode).toBe(code);
				expect(output.equals(Buffer.from(body))).toBe(true);
			},
		),
	);
});

it('output that was cut anywhere has no exit code', () => {
	const whole = answer(Buffer.from('motd'), Buffer.from('\0E something 0\0 and \0E'), 0);

	for (let length = 0; length < whole.length; length++) {
		expect(readAll([whole.subarray(0, length)]).reader.exitCode).toBeUndefined();
	}
});

it('does not hold back output that cannot be the trailer', () => {
	expect(readAll([Buffer.from(`\0B ${nonce}\0held\n`)]).output.toString()).toBe('held\n');
});

it('refuses arguments that a shell would read', () => {
	for (const arg of ['$(id)', 'a b', "it's", '', 'a\nb', '`id`', '~root', '*']) {
		expect(() => seal({script: 'true', args: [arg]}, nonce), arg).toThrow(TypeError);
	}

	expect(seal({script: 'true', args: ['/opt/a_b:1@x,y+z=%'.replace('%', '')]}, nonce).command).toContain(
		' /opt/a_b:1@x,y+z=',
	);
});

it('takes plain destinations and nothing that ssh could read as an option or a token', () => {
	expect(parseDestination('ops@vm.example:2222')).toEqual({user: 'ops', host: 'vm.example', port: 2222});
	expect(parseDestination('registry-vm')).toEqual({host: 'registry-vm'});
	expect(parseDestination('[::1]:22')).toEqual({host: '::1', port: 22});

	for (const text of ['-oProxyCommand=id', 'a b', 'ops@-x', '$(id)@vm', 'vm;id', 'vm:0', 'vm:70000', '', '%h']) {
		expect(() => parseDestination(text), text).toThrow(/is not an SSH destination/);
	}
});
