using System.Text;
using MlOps.Content;

namespace MlOps.Tests.Content;

public sealed class BuildMirrorTests : IDisposable
{
    private static readonly DateTime s_longAgo = new(2001, 2, 3, 4, 5, 6, 7, DateTimeKind.Utc);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void While_nothing_changes_the_answer_is_given_for_its_key_only()
    {
        Remember();
        Assert.Equal("table", Answer());
        Assert.Null(BuildMirror.TryAnswer(_folder.Root, "other"));
        Assert.Null(BuildMirror.TryAnswer(Path.Join(_folder.Root, "nowhere"), "Train"));
    }

    [Theory]
    [InlineData("edit")]
    [InlineData("same size, old mtime")]
    [InlineData("remove")]
    [InlineData("appear")]
    [InlineData("new entry in a folder")]
    [InlineData("object gone")]
    [InlineData("object emptied")]
    public void Any_change_takes_the_answer_away(string change)
    {
        Remember();
        Assert.Equal("table", Answer());
        switch (change)
        {
            case "edit":
                _folder.Write("nuke.json", "{ }");
                break;
            case "same size, old mtime":
                _folder.Write("nuke.json", "[]");
                File.SetLastWriteTimeUtc(Path.Join(_folder.Root, "nuke.json"), s_longAgo);
                break;
            case "remove":
                File.Delete(Path.Join(_folder.Root, "nuke.json"));
                break;
            case "appear":
                _folder.Write("data.lock.json", "");
                break;
            case "new entry in a folder":
                Directory.CreateDirectory(Path.Join(_folder.Root, "models/other"));
                break;
            case "object gone":
                File.Delete(Path.Join(_folder.Root, "object"));
                break;
            default:
                _folder.Write("object", "");
                break;
        }

        Assert.Null(Answer());
    }

    [Fact]
    public void A_file_too_young_to_be_trusted_is_no_ground_for_an_answer()
    {
        _folder.Write("nuke.json", "{}");
        var mirror = new BuildMirror(_folder.Root);
        mirror.Observe("nuke.json", FileStat.Of(Path.Join(_folder.Root, "nuke.json")), FileStat.Of(Path.Join(_folder.Root, "nuke.json")).Changed);
        mirror.Save("Train", "table"u8);
        Assert.Null(Answer());
    }

    [Fact]
    public void A_file_that_changed_while_the_answer_was_made_is_no_ground_for_it()
    {
        _folder.Write("nuke.json", "{}");
        var mirror = new BuildMirror(_folder.Root);
        var stat = FileStat.Of(Path.Join(_folder.Root, "nuke.json"));
        mirror.Observe("nuke.json", stat with { Size = 1 }, long.MaxValue);
        mirror.Observe("nuke.json", stat, long.MaxValue);
        mirror.Save("Train", "table"u8);
        Assert.Null(Answer());
    }

    [Fact]
    public void A_damaged_mirror_gives_no_answer()
    {
        Remember();
        var file = Directory.GetFiles(Path.Join(_folder.Root, ".mlops/mirror")).Single();
        var bytes = File.ReadAllBytes(file);
        for (var i = 0; i < bytes.Length; i += 7)
        {
            bytes[i] ^= 0x20;
            File.WriteAllBytes(file, bytes);
            Assert.Null(Answer());
            bytes[i] ^= 0x20;
        }

        for (var length = 0; length < bytes.Length; length += 11)
        {
            File.WriteAllBytes(file, bytes[..length]);
            Assert.Null(Answer());
        }
    }

    private string? Answer() => BuildMirror.TryAnswer(_folder.Root, "Train") is { } payload ? Encoding.UTF8.GetString(payload) : null;

    private void Remember()
    {
        _folder.Write("nuke.json", "{}");
        _folder.Write("object", "bytes");
        Directory.CreateDirectory(Path.Join(_folder.Root, "models"));
        File.SetLastWriteTimeUtc(Path.Join(_folder.Root, "nuke.json"), s_longAgo);
        var mirror = new BuildMirror(_folder.Root);
        // Seen "in the future": the test need not wait until its files are old enough.
        foreach (var path in new[] { "nuke.json", "models", "data.lock.json" })
        {
            mirror.Observe(path, FileStat.Of(Path.Join(_folder.Root, path)), long.MaxValue);
        }

        mirror.ObserveExistence("object");
        mirror.Save("Train", "table"u8);
    }
}
