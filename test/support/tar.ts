import {tarTypes} from '../../src/domain/image/layer/tar/header.ts';

/** A file of a tar archive. Names and contents are in latin1, so that each character is a byte. */
export type TarFile = {name: string; type?: string; content?: string; link?: string; magic?: string; prefix?: string};

/** A header and the content after it, padded. */
export function tarFile({
	name,
	type = tarTypes.file,
	content = '',
	link = '',
	magic = 'ustar\x0000',
	prefix = '',
}: TarFile) {
	const block = Buffer.alloc(512);
	const put = (text: string, at: number) => block.write(text, at, 'latin1');
	put(name, 0);
	put('0000644\0', 100);
	put('0000000\0', 108);
	put('0000000\0', 116);
	put(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
	put('00000000000\0', 136);
	put(type, 156);
	put(link, 157);
	put(magic, 257);
	put(prefix, 345);
	return Buffer.concat([withChecksum(block), padded(content)]);
}

export const tarEnd = Buffer.alloc(1024);

export function tarOf(...files: TarFile[]): Buffer {
	return Buffer.concat([...files.map(tarFile), tarEnd]);
}

/** Writes the right checksum into a header, which may have been changed. @param signed as Sun's tar added it up */
export function withChecksum(block: Buffer, signed = false): Buffer {
	block.fill(' ', 148, 156);
	const sum = block.reduce((total, byte) => total + (signed ? (byte << 24) >> 24 : byte), 0);
	block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
	return block;
}

/** Text in blocks. */
export function padded(text: string): Buffer {
	return Buffer.concat([Buffer.from(text, 'latin1'), Buffer.alloc((512 - (text.length % 512)) % 512)]);
}

/** pax records, each with its length. */
export function paxRecords(fields: [string, string | number][]): string {
	return fields
		.map(([key, value]) => {
			const body = ` ${key}=${value}\n`;
			let length = body.length;
			while (`${length}${body}`.length !== length) {
				length = `${length}${body}`.length;
			}

			return `${length}${body}`;
		})
		.join('');
}

export function pax(fields: [string, string | number][], type: string = tarTypes.records): TarFile {
	return {name: 'pax', type, content: paxRecords(fields)};
}
