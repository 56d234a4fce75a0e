using System.Text.Json.Nodes;
using MlOps.Content;

namespace MlOps.Tests.Content;

public sealed class ContentStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ContentStore _store;

    public ContentStoreTests() => _store = new(Path.Join(_folder.Root, "store"));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_put_is_read_back_under_its_sha256()
    {
        var identity = _store.Put("hello"u8);
        Assert.Equal("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", identity.Sha256.Hex);
        Assert.Equal("hello"u8.ToArray(), _store.TryRead(identity.Sha256));
        Assert.Equal(identity, _store.Put("hello"u8));
    }

    [Fact]
    public void An_unknown_object_is_absent()
    {
        var unknown = Digest.Of("never");
        Assert.False(_store.Contains(unknown));
        Assert.Null(_store.TryRead(unknown));
        Assert.False(_store.CopyTo(unknown, Path.Join(_folder.Root, "x")));
        Assert.False(_store.Check(unknown));
        Assert.Null(_store.TryGetRecord(unknown));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_damaged_object_is_set_aside_and_counts_as_absent(bool byCopy)
    {
        var digest = _store.Put("hello"u8).Sha256;
        Damage(_store.PathOf(digest), "hellO");
        var other = new ContentStore(_store.Root);
        Assert.True(other.Contains(digest));
        Assert.False(byCopy ? other.CopyTo(digest, Path.Join(_folder.Root, "x")) : other.TryRead(digest) is not null);
        Assert.False(other.Contains(digest));
        Assert.Equal("hellO", _folder.Read($"store/damaged/{digest.Hex}"));
        other.Put("hello"u8);
        Assert.Equal("hello"u8.ToArray(), other.TryRead(digest));
    }

    [SkippableFact]
    public void Damage_whose_time_was_put_back_is_noticed()
    {
        Skip.If(OperatingSystem.IsWindows(), "no ctime");
        var path = _store.PathOf(_store.Put("hello"u8).Sha256);
        File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch);
        Assert.True(_store.Check(Digest.Of("hello")));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        using (var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write))
        {
            RandomAccess.Write(file, "hellO"u8, 0);
        }

        File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch);
        Assert.False(_store.Check(Digest.Of("hello")));
    }

    [Fact]
    public void Damage_after_a_check_is_noticed()
    {
        var digest = _store.Put("hello"u8).Sha256;
        Assert.True(_store.Check(digest));
        Damage(_store.PathOf(digest), "hellO");
        Assert.False(_store.Check(digest));
    }

    [Fact]
    public void An_emptied_object_counts_as_absent_without_reading()
    {
        var digest = _store.Put("hello"u8).Sha256;
        Damage(_store.PathOf(digest), "");
        Assert.False(_store.Contains(digest));
        Assert.True(_store.Contains(_store.Put([]).Sha256));
    }

    [Fact]
    public void A_file_put_stays_and_a_file_adopted_goes()
    {
        var put = _folder.Write("put", "one");
        var adopted = _folder.Write("adopted", "two");
        Assert.Equal(FileIdentity.Of("one"u8), _store.PutFile(put));
        Assert.Equal(FileIdentity.Of("two"u8), _store.Adopt(adopted));
        Assert.True(File.Exists(put));
        Assert.False(File.Exists(adopted));
        Assert.Empty(Directory.GetFiles(Path.Join(_store.Root, "tmp")));
    }

    [Fact]
    public void A_copy_is_writable_and_does_not_touch_the_object()
    {
        var digest = _store.Put("hello"u8).Sha256;
        var copy = Path.Join(_folder.Root, "deep/er/copy");
        Assert.True(_store.CopyTo(digest, copy));
        File.AppendAllText(copy, "!");
        Assert.Equal("hello"u8.ToArray(), _store.TryRead(digest));
        Assert.True(_store.CopyTo(digest, copy));
        Assert.Equal("hello", File.ReadAllText(copy));
    }

    [SkippableFact]
    public void Objects_are_read_only()
    {
        if (OperatingSystem.IsWindows())
        {
            throw new SkipException("modes are Unix");
        }

        var path = _store.PathOf(_store.Put("hello"u8).Sha256);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead, File.GetUnixFileMode(path));
    }

    [Fact]
    public void A_record_is_read_back_and_a_torn_one_is_absent()
    {
        var key = Digest.Of("key");
        var record = new StepRecord
        {
            Outputs = StepRecord.NoOutputs.Add("model.onnx", Digest.Of("model")),
            Facts = new JsonObject { ["metrics"] = new JsonObject { ["rmse"] = 58.2, ["ä\"\n"] = null } },
        };
        _store.PutRecord(key, record);
        var read = _store.TryGetRecord(key)!;
        Assert.Equal(record.Outputs, read.Outputs);
        Assert.Equal(CanonicalJson.Compact(record.Facts), CanonicalJson.Compact(read.Facts));

        var path = Directory.GetFiles(Path.Join(_store.Root, "records"), "*", SearchOption.AllDirectories).Single();
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^3]);
        Assert.Null(_store.TryGetRecord(key));
    }

    private static void Damage(string path, string text)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        File.WriteAllText(path, text);
    }
}
