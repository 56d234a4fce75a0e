using System.Collections.Concurrent;
using MlOps.Content;

namespace MlOps.Tests.Remotes;

/// <summary>What every <see cref="IRemoteStore"/> promises. A kind of remote passes it by deriving from it.</summary>
public abstract class RemoteContract : IAsyncLifetime
{
    private readonly List<IRemoteStore> _opened = [];

    /// <summary>A folder of the test's own, for local files.</summary>
    protected string Folder { get; } = Directory.CreateTempSubdirectory("mlops-").FullName;

    /// <summary>Another client of the one place that this test has for itself, empty at first; the contract closes it.</summary>
    protected abstract Task<IRemoteStore> ConnectAsync();

    /// <summary>What lies at the place beside objects and records: temporary files, uploads that were begun.</summary>
    protected abstract Task<IReadOnlyList<string>> LeftoversAsync();

    /// <summary>The words that no address may show.</summary>
    protected virtual IReadOnlyList<string> Secrets => [];

    /// <summary>Starts what the tests need.</summary>
    public virtual Task InitializeAsync() => Task.CompletedTask;

    /// <summary>Ends it.</summary>
    public virtual async Task DisposeAsync()
    {
        foreach (var remote in _opened)
        {
            await remote.DisposeAsync();
        }

        Directory.Delete(Folder, recursive: true);
    }

    public static TheoryData<int> Lengths => [0, 1, 100_000, (5 << 20) + 1, 20 << 20];

    [SkippableFact]
    public async Task What_was_never_stored_is_absent()
    {
        var remote = await OpenAsync();
        await remote.StoreRecordAsync(Digest.Of("some"), "x"u8.ToArray(), [], default);
        var never = Digest.Of("never");
        Assert.Empty(await remote.FindAsync([never, Digest.Of("nor this")], default));
        Assert.Empty(await remote.FindAsync([], default));
        Assert.False(await remote.FetchAsync(never, PathOf("never"), null, default));
        Assert.Null(await remote.FetchRecordAsync(never, default));
    }

    [SkippableTheory]
    [MemberData(nameof(Lengths))]
    public async Task What_one_machine_stores_another_finds_and_fetches(int length)
    {
        var (content, file) = Make(length);
        await (await OpenAsync()).StoreAsync(content, file, null, default);
        var other = await OpenAsync();
        Assert.Equal([content], await other.FindAsync([content, Digest.Of("never")], default));
        Assert.True(await other.FetchAsync(content, PathOf("fetched"), null, default));
        AssertSame(file, PathOf("fetched"));
        Assert.Empty(await LeftoversAsync());
    }

    [SkippableFact]
    public async Task Storing_again_changes_nothing()
    {
        var remote = await OpenAsync();
        var (content, file) = Make(6 << 20);
        await remote.StoreAsync(content, file, null, default);
        await remote.StoreAsync(content, file, null, default);
        await AssertHasAsync(remote, content, file);
        Assert.Empty(await LeftoversAsync());
    }

    [SkippableFact]
    public async Task Many_objects_go_both_ways_side_by_side()
    {
        var (here, there) = (await OpenAsync(), await OpenAsync());
        var objects = Enumerable.Range(0, 200).Select(i => Make(i * 37, i)).ToArray();
        // Each object is stored twice, by two machines at once.
        await Parallel.ForEachAsync(objects.SelectMany(o => new[] { (here, o), (there, o) }), Eight, async (work, token) =>
            await work.Item1.StoreAsync(work.o.Content, work.o.File, null, token));
        var all = objects.Select(o => o.Content).ToHashSet();
        Assert.True(all.SetEquals(await here.FindAsync([.. all, Digest.Of("never")], default)));
        await Parallel.ForEachAsync(objects, Eight, async (o, token) =>
        {
            Assert.True(await there.FetchAsync(o.Content, o.File + ".back", null, token));
            AssertSame(o.File, o.File + ".back");
        });
        Assert.Empty(await LeftoversAsync());
    }

    [SkippableFact]
    public async Task One_large_object_stored_by_two_machines_at_once_is_whole()
    {
        var (here, there) = (await OpenAsync(), await OpenAsync());
        var (content, file) = Make(12 << 20);
        await Task.WhenAll(here.StoreAsync(content, file, null, default), there.StoreAsync(content, file, null, default));
        await AssertHasAsync(here, content, file);
        Assert.Empty(await LeftoversAsync());
    }

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(700_000)]
    [InlineData((6 << 20) - 1)]
    [InlineData(6 << 20)]
    public async Task A_fetch_goes_on_after_the_bytes_that_are_there(int there)
    {
        var remote = await OpenAsync();
        var (content, file) = Make(6 << 20);
        await remote.StoreAsync(content, file, null, default);
        await File.WriteAllBytesAsync(PathOf("part"), BytesOf(file)[..there]);
        var told = new Told();
        Assert.True(await remote.FetchAsync(content, PathOf("part"), told, default));
        AssertSame(file, PathOf("part"));
        // Either it went on after them, or it began anew: then it says so in its numbers.
        Assert.True(told.Sum == (6 << 20) - there || told.Sum == 6 << 20, $"{told.Sum} bytes told");
    }

    [SkippableFact]
    public async Task A_file_longer_than_the_object_is_begun_anew()
    {
        var remote = await OpenAsync();
        var (content, file) = Make(100_000);
        await remote.StoreAsync(content, file, null, default);
        await File.WriteAllBytesAsync(PathOf("part"), new byte[100_001]);
        Assert.True(await remote.FetchAsync(content, PathOf("part"), null, default));
        AssertSame(file, PathOf("part"));
    }

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(99_999)]
    [InlineData(100_000)]
    [InlineData(100_001)]
    public async Task Wrong_bytes_of_an_earlier_try_do_not_survive_the_cache(int wrong)
    {
        var remote = await OpenAsync();
        var (content, file) = Make(100_000);
        await remote.StoreAsync(content, file, null, default);
        var local = new ContentStore(PathOf("store"));
        await File.WriteAllBytesAsync(local.PartialOf(content), new byte[wrong]);
        await using var cache = new RemoteCache(local, [new(remote)]);
        Assert.Empty(await cache.FetchAsync([new(content, false)], default));
        Assert.Equal(BytesOf(file), local.TryRead(content));
    }

    [SkippableFact]
    public async Task An_absent_object_leaves_no_file_that_looks_like_one()
    {
        var remote = await OpenAsync();
        await remote.StoreRecordAsync(Digest.Of("some"), "x"u8.ToArray(), [], default);
        Assert.False(await remote.FetchAsync(Digest.Of("never"), PathOf("never"), null, default));
        Assert.True(!File.Exists(PathOf("never")) || new FileInfo(PathOf("never")).Length == 0);
    }

    [SkippableFact]
    public async Task A_record_is_there_for_other_machines_and_the_last_one_counts()
    {
        var (here, there) = (await OpenAsync(), await OpenAsync());
        var key = Digest.Of("fingerprint");
        var (content, file) = Make(1000);
        await here.StoreAsync(content, file, null, default);
        await here.StoreRecordAsync(key, "first"u8.ToArray(), [new(content, 1000)], default);
        Assert.Equal("first"u8.ToArray(), await there.FetchRecordAsync(key, default));
        await there.StoreRecordAsync(key, "the second"u8.ToArray(), [new(content, 1000)], default);
        await there.StoreRecordAsync(key, "the second"u8.ToArray(), [new(content, 1000)], default);
        Assert.Equal("the second"u8.ToArray(), await here.FetchRecordAsync(key, default));
        Assert.Empty(await LeftoversAsync());
    }

    [SkippableFact]
    public async Task A_record_is_no_object_and_an_object_no_record()
    {
        var remote = await OpenAsync();
        var (content, file) = Make(1000);
        await remote.StoreAsync(content, file, null, default);
        var key = Digest.Of("fingerprint");
        await remote.StoreRecordAsync(key, "record"u8.ToArray(), [new(content, 1000)], default);
        Assert.Null(await remote.FetchRecordAsync(content, default));
        Assert.Empty(await remote.FindAsync([key], default));
        Assert.False(await remote.FetchAsync(key, PathOf("x"), null, default));
    }

    [SkippableFact]
    public async Task A_record_of_one_mebibyte_may_name_thousands_of_objects()
    {
        var remote = await OpenAsync();
        var (content, file) = Make(10);
        await remote.StoreAsync(content, file, null, default);
        var objects = Enumerable.Range(0, 3000).Select(i => Make(8, i)).ToArray();
        await Parallel.ForEachAsync(objects, Eight, async (o, token) => await remote.StoreAsync(o.Content, o.File, null, token));
        var record = new byte[1 << 20];
        new Random(1).NextBytes(record);
        await remote.StoreRecordAsync(Digest.Of("big"), record, [.. objects.Select(o => new RemoteObject(o.Content, 8))], default);
        Assert.Equal(record, await (await OpenAsync()).FetchRecordAsync(Digest.Of("big"), default));
        Assert.Equal(3000, (await remote.FindAsync([.. objects.Select(o => o.Content)], default)).Count);
    }

    [SkippableTheory]
    [InlineData(200_000)]
    [InlineData(20 << 20)]
    public async Task The_numbers_told_add_up_both_ways(int length)
    {
        var remote = await OpenAsync();
        var (content, file) = Make(length);
        var (up, down) = (new Told(), new Told());
        await remote.StoreAsync(content, file, up, default);
        await remote.FetchAsync(content, PathOf("fetched"), down, default);
        Assert.Equal(length, up.Sum);
        Assert.Equal(length, down.Sum);
        Assert.True(length < 10 << 20 || (up.Times > 1 && down.Times > 1), "a large object shows its progress");
    }

    [SkippableFact]
    public async Task A_store_cancelled_in_the_middle_is_seen_by_nobody_and_can_be_done_again()
    {
        var remote = await OpenAsync();
        await remote.StoreRecordAsync(Digest.Of("some"), "x"u8.ToArray(), [], default);
        var (content, file) = Make(40 << 20);
        using var cancel = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => remote.StoreAsync(content, file, new Told(cancel.Cancel), cancel.Token));
        var other = await OpenAsync();
        Assert.Empty(await other.FindAsync([content], default));
        Assert.False(await other.FetchAsync(content, PathOf("absent"), null, default));
        Assert.Empty(await LeftoversAsync());
        await remote.StoreAsync(content, file, null, default);
        await AssertHasAsync(other, content, file);
    }

    [SkippableFact]
    public async Task A_fetch_cancelled_in_the_middle_leaves_a_beginning_that_is_gone_on_with()
    {
        var remote = await OpenAsync();
        var (content, file) = Make(20 << 20);
        await remote.StoreAsync(content, file, null, default);
        using var cancel = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => remote.FetchAsync(content, PathOf("part"), new Told(cancel.Cancel), cancel.Token));
        var part = await File.ReadAllBytesAsync(PathOf("part"));
        Assert.True(part.AsSpan().SequenceEqual(BytesOf(file).AsSpan(0, part.Length)));
        Assert.True(await remote.FetchAsync(content, PathOf("part"), null, default));
        AssertSame(file, PathOf("part"));
    }

    [SkippableFact]
    public async Task Whatever_is_cancelled_before_it_begins_does_nothing()
    {
        var remote = await OpenAsync();
        var (content, file) = Make(10);
        var cancelled = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => remote.StoreAsync(content, file, null, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => remote.StoreRecordAsync(content, new byte[1], [], cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => remote.FindAsync([content], cancelled));
        await remote.StoreRecordAsync(Digest.Of("some"), "x"u8.ToArray(), [], default);
        Assert.Empty(await remote.FindAsync([content], default));
        Assert.Null(await remote.FetchRecordAsync(content, default));
    }

    [SkippableFact]
    public async Task The_address_shows_no_credentials()
    {
        var address = (await OpenAsync()).Address;
        Assert.NotEmpty(address);
        Assert.All(Secrets, secret => Assert.DoesNotContain(secret, address, StringComparison.Ordinal));
    }

    /// <summary>Another client of the place, closed at the end of the test.</summary>
    protected async Task<IRemoteStore> OpenAsync()
    {
        var remote = await ConnectAsync();
        _opened.Add(remote);
        return remote;
    }

    /// <summary>A local file of random bytes; other seeds give other bytes.</summary>
    protected (Digest Content, string File) Make(int length, int seed = 0)
    {
        var bytes = new byte[length];
        new Random(seed + 7).NextBytes(bytes);
        var file = PathOf($"local-{length}-{seed}");
        File.WriteAllBytes(file, bytes);
        return (Digest.Of(bytes), file);
    }

    /// <summary>A path in the test's folder.</summary>
    protected string PathOf(string name) => Path.Join(Folder, name);

    private static ParallelOptions Eight => new() { MaxDegreeOfParallelism = 8 };

    private async Task AssertHasAsync(IRemoteStore remote, Digest content, string file)
    {
        Assert.True(await remote.FetchAsync(content, file + ".whole", null, default));
        AssertSame(file, file + ".whole");
    }

    private static byte[] BytesOf(string file) => File.ReadAllBytes(file);

    private static void AssertSame(string expected, string actual) =>
        Assert.True(BytesOf(expected).AsSpan().SequenceEqual(BytesOf(actual)), "other bytes");

    /// <summary>Adds up what it is told, at once and on the thread that tells.</summary>
    private protected sealed class Told(Action? then = null) : IProgress<long>
    {
        private readonly ConcurrentQueue<long> _values = [];

        public long Sum => _values.Sum();

        public int Times => _values.Count;

        public void Report(long value)
        {
            _values.Enqueue(value);
            then?.Invoke();
        }
    }
}
