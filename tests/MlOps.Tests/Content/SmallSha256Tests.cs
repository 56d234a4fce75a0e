using System.Security.Cryptography;
using MlOps.Content.Internal;

namespace MlOps.Tests.Content;

/// <summary>Our own sha256 for short texts, held against the system's.</summary>
public sealed class SmallSha256Tests
{
    [Fact]
    public void Every_length_around_the_blocks_agrees_with_the_library()
    {
        var random = new Random(1);
        for (var length = 0; length < 400; length++)
        {
            var content = new byte[length];
            random.NextBytes(content);
            var hash = new byte[32];
            SmallSha256.Hash(content, hash);
            Assert.Equal(Convert.ToHexString(SHA256.HashData(content)), Convert.ToHexString(hash));
        }
    }

    [Fact]
    public void A_long_text_agrees_with_the_library()
    {
        var content = new byte[3_000_001];
        new Random(2).NextBytes(content);
        var hash = new byte[32];
        SmallSha256.Hash(content, hash);
        Assert.Equal(Convert.ToHexString(SHA256.HashData(content)), Convert.ToHexString(hash));
    }

    [Fact]
    public void The_library_takes_over_once_it_pays()
    {
        var content = new byte[64 * 1024];
        var hash = new byte[32];
        var hashed = 0;
        while (hashed < 100 && SmallSha256.TryHash(content, hash))
        {
            hashed++;
        }

        Assert.InRange(hashed, 0, 16);
    }
}
