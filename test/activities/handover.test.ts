import { createHash, createPublicKey, verify } from 'node:crypto';
import { handoverLeaf, handoverText, isHandover } from '../../activities/handover';

const end = {
  treeId: '6826284441047790130',
  size: 42,
  rootHash: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
};

interface Entry {
  spec: { data: { hash: { value: string } }; signature: { content: string; publicKey: { content: string } } };
}

describe('the handover leaf', () => {
  it('commits to a text that anyone can rebuild (H5)', () => {
    expect(handoverText(end)).toBe(
      'rekor-rotate handover v1\ntree 6826284441047790130\nsize 42\n' +
        'root e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n',
    );
  });

  it('is a hashedrekord whose signature is good for that text', () => {
    const { spec } = JSON.parse(handoverLeaf(end, 'r/1').value.toString()) as Entry;
    const text = Buffer.from(handoverText(end));
    expect(spec.data.hash.value).toBe(createHash('sha256').update(text).digest('hex'));
    const key = createPublicKey(Buffer.from(spec.signature.publicKey.content, 'base64'));
    expect(key.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(verify('sha256', text, key, Buffer.from(spec.signature.content, 'base64'))).toBe(true);
  });

  it('has the RFC 6962 hash of its value', () => {
    const { value, leafHash } = handoverLeaf(end, 'r/1');
    expect(leafHash).toBe(createHash('sha256').update('\0').update(value).digest('hex'));
  });

  it('is a duplicate of itself within its attempt, and of nothing else (H3)', () => {
    const { identityHash } = handoverLeaf(end, 'r/1');
    expect(identityHash).toHaveLength(32);
    expect(handoverLeaf(end, 'r/1').identityHash).toEqual(identityHash);
    expect(handoverLeaf(end, 'r/2').identityHash).not.toEqual(identityHash);
    expect(handoverLeaf({ ...end, size: 43 }, 'r/1').identityHash).not.toEqual(identityHash);
  });

  it('is recognised, whoever made it (H6)', () => {
    expect(isHandover(handoverLeaf(end, 'r/1').value, end)).toBe(true);
    expect(isHandover(handoverLeaf(end, 'r/2').value, end)).toBe(true);
  });

  it.each([
    ['another end', handoverLeaf({ ...end, size: 43 }, 'r/1').value],
    ['another tree', handoverLeaf({ ...end, treeId: '6826284441047790131' }, 'r/1').value],
    ['no JSON', Buffer.from('a leaf')],
    [
      'another kind',
      Buffer.from(handoverLeaf(end, 'r/1').value.toString().replace('hashedrekord', 'rekord')),
    ],
    ['more than its canonical form', Buffer.concat([handoverLeaf(end, 'r/1').value, Buffer.from(' ')])],
  ])('is not taken for one when it is %s (H6)', (_, leaf) => {
    expect(isHandover(leaf, end)).toBe(false);
  });
});
