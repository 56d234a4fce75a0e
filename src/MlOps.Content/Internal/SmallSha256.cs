using System.Buffers.Binary;
using System.Numerics;

namespace MlOps.Content.Internal;

/// <summary>sha256 of short texts without the system's library, which takes longer to load than a command that hashes little takes to run.</summary>
/// <remarks>It is for the first few bytes of a process: the library is four times faster once it is there. See FIPS 180-4, section 6.2
/// (https://doi.org/10.6028/NIST.FIPS.180-4).</remarks>
internal static class SmallSha256
{
    /// <summary>How many bytes of a process are hashed here: about as many as take as long as loading the library.</summary>
    private const int Most = 1 << 20;

    private const int BlockBytes = 64, LengthBytes = 8;

    private static readonly uint[] s_start = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

    private static readonly uint[] s_rounds =
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    private static int s_hashed;

    /// <summary>Hashes unless the process has hashed so much that the library is worth its start.</summary>
    /// <param name="content">The bytes.</param>
    /// <param name="hash">Room for 32 bytes.</param>
    public static bool TryHash(ReadOnlySpan<byte> content, Span<byte> hash)
    {
        // Threads may overshoot a little; nothing but speed depends on it.
        if (content.Length > Most - s_hashed)
        {
            return false;
        }

        s_hashed += content.Length + BlockBytes;
        Hash(content, hash);
        return true;
    }

    /// <inheritdoc cref="TryHash"/>
    public static void Hash(ReadOnlySpan<byte> content, Span<byte> hash)
    {
        Span<uint> state = stackalloc uint[8];
        s_start.AsSpan().CopyTo(state);
        var bits = (ulong)content.Length * 8;
        for (; content.Length >= BlockBytes; content = content[BlockBytes..])
        {
            Block(state, content);
        }

        // A one, zeros, and the length in bits end the last block, or one more.
        Span<byte> end = stackalloc byte[2 * BlockBytes];
        end.Clear();
        content.CopyTo(end);
        end[content.Length] = 0x80;
        var length = content.Length < BlockBytes - LengthBytes ? BlockBytes : 2 * BlockBytes;
        BinaryPrimitives.WriteUInt64BigEndian(end[(length - LengthBytes)..], bits);
        for (var at = 0; at < length; at += BlockBytes)
        {
            Block(state, end[at..]);
        }

        for (var i = 0; i < state.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(hash[(4 * i)..], state[i]);
        }
    }

    private static void Block(Span<uint> state, ReadOnlySpan<byte> block)
    {
        Span<uint> words = stackalloc uint[64];
        for (var i = 0; i < 16; i++)
        {
            words[i] = BinaryPrimitives.ReadUInt32BigEndian(block[(4 * i)..]);
        }

        for (var i = 16; i < words.Length; i++)
        {
            var (early, late) = (words[i - 15], words[i - 2]);
            words[i] = words[i - 16] + words[i - 7]
                + (BitOperations.RotateRight(early, 7) ^ BitOperations.RotateRight(early, 18) ^ (early >> 3))
                + (BitOperations.RotateRight(late, 17) ^ BitOperations.RotateRight(late, 19) ^ (late >> 10));
        }

        uint a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
        for (var i = 0; i < words.Length; i++)
        {
            var one = h + (BitOperations.RotateRight(e, 6) ^ BitOperations.RotateRight(e, 11) ^ BitOperations.RotateRight(e, 25)) + ((e & f) ^ (~e & g)) + s_rounds[i] + words[i];
            var two = (BitOperations.RotateRight(a, 2) ^ BitOperations.RotateRight(a, 13) ^ BitOperations.RotateRight(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
            (h, g, f, e, d, c, b, a) = (g, f, e, d + one, c, b, a, one + two);
        }

        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
        state[4] += e;
        state[5] += f;
        state[6] += g;
        state[7] += h;
    }
}
