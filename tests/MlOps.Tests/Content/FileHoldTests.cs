using MlOps.Content;

namespace MlOps.Tests.Content;

/// <summary>One at a time holds a file.</summary>
public sealed class FileHoldTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Held => Path.Join(_folder.Root, "deep", "one.lock");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Nobody_takes_what_is_held_and_anybody_what_was()
    {
        var first = FileHold.TryAcquire(Held);
        Assert.NotNull(first);
        Assert.Null(FileHold.TryAcquire(Held));
        first.Dispose();
        using var second = FileHold.TryAcquire(Held);
        Assert.NotNull(second);
    }

    [Fact]
    public void A_place_that_is_none_is_said_to_be()
    {
        File.WriteAllText(Path.Join(_folder.Root, "deep"), "a file where a folder should be");
        Assert.ThrowsAny<IOException>(() => FileHold.TryAcquire(Held));
    }
}
