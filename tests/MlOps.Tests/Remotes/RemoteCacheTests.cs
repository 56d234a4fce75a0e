using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Content.Internal;
using MlOps.Tests.Content;

namespace MlOps.Tests.Remotes;

#pragma warning disable CA2000 // The cache closes its remotes.
#pragma warning disable VSTHRD003 // Gates are opened by the test itself.

public sealed class RemoteCacheTests : IDisposable
{
    private static readonly Digest Fingerprint = Digest.Of("fingerprint");

    private readonly TemporaryFolder _folder = new();
    private readonly ConcurrentQueue<Diagnostic> _warnings = [];
    private readonly ContentStore _maker, _taker;

    public RemoteCacheTests() => (_maker, _taker) = (new(PathOf("maker")), new(PathOf("taker")));

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Harms => ["flip", "truncate", "lengthen", "empty", "swap"];

    [Fact]
    public async Task What_one_machine_pushes_another_restores()
    {
        var record = await PushAsync(Open("a"));
        await using var cache = Cache(_taker, new RemoteLink(Open("a")));
        var read = await cache.FetchRecordAsync(Fingerprint, default);
        Assert.Equal(record.Outputs, read!.Outputs);
        Assert.Empty(await cache.FetchAsync([.. record.Contents], default));
        Assert.All(record.Contents, content => Assert.True(_taker.Check(content)));
        Assert.Empty(_warnings);
        Assert.Equal(["lock"], Directory.GetFiles(Path.Join(_taker.Root, "partial")).Select(Path.GetFileName));
    }

    [Theory]
    [MemberData(nameof(Harms))]
    public async Task A_harmed_object_is_named_and_never_used(string harm)
    {
        var record = await PushAsync(Open("a"));
        var file = record.Outputs["model.onnx"];
        Harm(RemotePath("a", "objects", file), harm);
        await using var cache = Cache(_taker, new RemoteLink(Open("a")));
        Assert.Equal([new(file, false)], await cache.FetchAsync([new(file, false)], default));
        Assert.False(_taker.Contains(file));
        var warning = Assert.Single(_warnings);
        Assert.Equal("MLO1121", warning.Code);
        Assert.Equal("a", warning.Where);
        Assert.Contains(file.Hex, warning.What, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Harms))]
    public async Task A_harmed_record_is_named_and_never_used(string harm)
    {
        await PushAsync(Open("a"));
        Harm(RemotePath("a", "records", Fingerprint), harm);
        await using var cache = Cache(_taker, new RemoteLink(Open("a")));
        Assert.Null(await cache.FetchRecordAsync(Fingerprint, default));
        Assert.Null(_taker.TryGetRecord(Fingerprint));
        Assert.Equal("MLO1121", Assert.Single(_warnings).Code);
    }

    [Fact]
    public async Task The_record_of_another_fingerprint_is_a_lie_though_it_is_whole()
    {
        await PushAsync(Open("a"));
        WriteRecord(RecordFormat.Write(Digest.Of("another"), new StepRecord()));
        await using var cache = Cache(_taker, new RemoteLink(Open("a")));
        Assert.Null(await cache.FetchRecordAsync(Fingerprint, default));
        Assert.Equal("MLO1121", Assert.Single(_warnings).Code);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[1]")]
    [InlineData("{")]
    [InlineData("{\"fingerprint\":\"KEY\",\"format\":1,\"facts\":{},\"outputs\":{\"a\":\"nothing\"}}")]
    [InlineData("{\"fingerprint\":\"KEY\",\"format\":1,\"facts\":[],\"outputs\":{}}")]
    [InlineData("{\"fingerprint\":\"KEY\",\"format\":1,\"format\":1,\"facts\":{},\"outputs\":{}}")]
    [InlineData("{\"fingerprint\":\"KEY\",\"format\":1,\"facts\":{},\"outputs\":{},\"metrics\":3}")]
    [InlineData("{\"fingerprint\":\"KEY\",\"format\":1,\"facts\":{},\"outputs\":{},\"log\":\"nothing\"}")]
    [InlineData("{\"fingerprint\":\"KEY\",\"format\":\"1\",\"facts\":{},\"outputs\":{}}")]
    public async Task Nonsense_with_a_right_checksum_is_a_lie_and_no_crash(string body)
    {
        await PushAsync(Open("a"));
        var bytes = Encoding.UTF8.GetBytes(body.Replace("KEY", Fingerprint.ToString(), StringComparison.Ordinal));
        WriteRecord([.. Encoding.ASCII.GetBytes(Digest.Of(bytes).Hex), (byte)'\n', .. bytes]);
        await using var cache = Cache(_taker, new RemoteLink(Open("a")));
        Assert.Null(await cache.FetchRecordAsync(Fingerprint, default));
        Assert.Equal("MLO1121", Assert.Single(_warnings).Code);
    }

    [Fact]
    public async Task A_record_of_another_version_of_the_product_counts_as_absent()
    {
        await PushAsync(Open("a"));
        var bytes = "{\"format\":2,\"anything\":true}"u8.ToArray();
        WriteRecord([.. Encoding.ASCII.GetBytes(Digest.Of(bytes).Hex), (byte)'\n', .. bytes]);
        await using var cache = Cache(_taker, new RemoteLink(Open("a")));
        Assert.Null(await cache.FetchRecordAsync(Fingerprint, default));
        Assert.Empty(_warnings);
    }

    [Fact]
    public async Task What_was_deleted_is_told_as_missing_and_is_no_lie()
    {
        var record = await PushAsync(Open("a"));
        var tree = record.Contents.Single(content => content.IsTree);
        File.Delete(RemotePath("a", "objects", Digest.Of("two")));
        await using var cache = Cache(_taker, new RemoteLink(Open("a")));
        Assert.Equal([tree], await cache.FetchAsync([.. record.Contents], default));
        Assert.Empty(_warnings);
    }

    [Fact]
    public async Task An_untrusted_remote_gives_objects_and_is_not_asked_for_records()
    {
        var record = await PushAsync(Open("a"));
        var watched = new WatchedRemote(Open("a"));
        await using var cache = Cache(_taker, new RemoteLink(watched) { IsTrusted = false });
        Assert.Null(await cache.FetchRecordAsync(Fingerprint, default));
        Assert.Empty(watched.Calls);
        Assert.Empty(await cache.FetchAsync([.. record.Contents], default));
    }

    [Fact]
    public async Task A_remote_that_fails_is_warned_of_once_and_left_alone()
    {
        var record = await PushAsync(Open("a"));
        var broken = new WatchedRemote(Open("b")) { Before = (_, _) => throw new IOException("the cable is out") };
        await using var cache = Cache(_taker, new RemoteLink(broken), new RemoteLink(Open("a")));
        Assert.NotNull(await cache.FetchRecordAsync(Fingerprint, default));
        Assert.Empty(await cache.FetchAsync([.. record.Contents], default));
        Assert.Single(broken.Calls);
        var warning = Assert.Single(_warnings);
        Assert.Equal((Severity.Warning, "b"), (warning.Severity, warning.Where));
    }

    [Fact]
    public async Task Where_nobody_listens_to_warnings_failures_and_lies_end_the_command()
    {
        var record = await PushAsync(Open("a"));
        Harm(RemotePath("a", "objects", record.Outputs["model.onnx"]), "flip");
        await using var cache = new RemoteCache(_taker, [new(Open("a"))]);
        var thrown = await Assert.ThrowsAsync<DiagnosticException>(() => cache.FetchAsync([.. record.Contents], default));
        Assert.Equal("MLO1121", thrown.Diagnostics.Single().Code);
        await using var absent = new RemoteCache(_taker, [new(Open("nowhere/not-there"))]);
        await Assert.ThrowsAsync<DiagnosticException>(() => absent.FetchRecordAsync(Fingerprint, default));
    }

    [Theory]
    [InlineData("flip")]
    [InlineData("delete")]
    public async Task The_second_remote_has_what_the_first_lacks_or_gives_damaged(string harm)
    {
        var record = await PushAsync(Open("a"));
        await PushAsync(Open("b"));
        Harm(RemotePath("a", "objects", record.Outputs["model.onnx"]), harm);
        Harm(RemotePath("a", "records", Fingerprint), harm);
        await using var cache = Cache(_taker, new RemoteLink(Open("a")), new RemoteLink(Open("b")));
        Assert.NotNull(await cache.FetchRecordAsync(Fingerprint, default));
        Assert.Empty(await cache.FetchAsync([.. record.Contents], default));
        Assert.Equal(harm == "flip" ? 2 : 0, _warnings.Count);
    }

    [Fact]
    public async Task The_same_object_wanted_by_many_at_once_is_fetched_once()
    {
        var record = await PushAsync(Open("a"));
        var gate = new TaskCompletionSource();
        var watched = new WatchedRemote(Open("a")) { Before = (_, _) => gate.Task };
        await using var cache = Cache(_taker, new RemoteLink(watched));
        ContentRef[] wanted = [new(record.Outputs["model.onnx"], false)];
        var all = Enumerable.Range(0, 20).Select(_ => cache.FetchAsync(wanted, default)).ToArray();
        gate.SetResult();
        Assert.All(await Task.WhenAll(all), missing => Assert.Empty(missing));
        Assert.Equal(1, watched.Count("fetch"));
    }

    [Fact]
    public async Task One_who_gives_up_does_not_take_the_object_from_the_other()
    {
        var record = await PushAsync(Open("a"));
        var begun = new TaskCompletionSource();
        var watched = new WatchedRemote(Open("a"));
        watched.Before = async (_, token) =>
        {
            if (watched.Count("fetch") == 1)
            {
                begun.SetResult();
                await Task.Delay(Timeout.Infinite, token);
            }
        };
        await using var cache = Cache(_taker, new RemoteLink(watched));
        ContentRef[] wanted = [new(record.Outputs["model.onnx"], false)];
        using var cancel = new CancellationTokenSource();
        var first = cache.FetchAsync(wanted, cancel.Token);
        await begun.Task;
        var second = cache.FetchAsync(wanted, default);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Empty(await second);
    }

    [Fact]
    public async Task Two_processes_that_fetch_the_same_at_once_do_not_write_into_each_others_beginnings()
    {
        var record = await PushAsync(Open("a"));
        var gate = new TaskCompletionSource();
        ContentRef[] wanted = [.. record.Contents];
        await using var one = Cache(_taker, new RemoteLink(new WatchedRemote(Open("a")) { Before = (_, _) => gate.Task }));
        await using var two = Cache(new ContentStore(_taker.Root), new RemoteLink(Open("a")));
        var waiting = one.FetchAsync(wanted, default);
        Assert.Empty(await two.FetchAsync(wanted, default));
        gate.SetResult();
        Assert.Empty(await waiting);
        Assert.Empty(_warnings);
        Assert.Empty(Directory.Exists(Path.Join(_taker.Root, "tmp")) ? Directory.GetFiles(Path.Join(_taker.Root, "tmp")) : []);
    }

    [Fact]
    public async Task A_damaged_listing_here_is_fetched_again()
    {
        var record = await PushAsync(Open("a"));
        var tree = record.Contents.Single(content => content.IsTree);
        await using var cache = Cache(_taker, new RemoteLink(Open("a")));
        await cache.FetchAsync([tree], default);
        Harm(_taker.PathOf(tree.Content), "flip");
        Assert.Empty(await cache.FetchAsync([tree], default));
        Assert.True(_taker.Check(tree));
    }

    [Fact]
    public async Task A_push_stores_objects_before_records_and_only_what_is_missing()
    {
        var watched = new WatchedRemote(Open("a"));
        await PushAsync(watched);
        var calls = watched.Calls.ToArray();
        Assert.Equal(4, watched.Count("store"));
        Assert.Equal("store record", calls[^1]);
        Assert.True(Array.LastIndexOf(calls, "store") < Array.IndexOf(calls, "store record"));
        watched.Calls.Clear();
        await PushAsync(watched);
        Assert.Equal((0, 0), (watched.Count("store"), watched.Count("store record")));
        File.Delete(RemotePath("a", "objects", Digest.Of("two")));
        await PushAsync(watched);
        Assert.Equal((1, 1), (watched.Count("store"), watched.Count("store record")));
    }

    [Fact]
    public async Task What_the_remote_has_need_not_be_here_to_be_pushed_again()
    {
        var record = await PushAsync(Open("a"));
        await using var cache = Cache(_taker, new RemoteLink(Open("a")));
        await cache.PushAsync(cache.Links[0], Records(record), null, default);
    }

    [Theory]
    [InlineData("flip")]
    [InlineData("delete")]
    public async Task A_push_of_an_object_that_is_damaged_here_is_refused_and_no_record_goes_out(string harm)
    {
        var record = Make();
        Harm(_maker.PathOf(record.Outputs["model.onnx"]), harm);
        await using var cache = Cache(_maker, new RemoteLink(Open("a")));
        var thrown = await Assert.ThrowsAsync<DiagnosticException>(() => cache.PushAsync(cache.Links[0], Records(record), null, default));
        Assert.Equal("MLO1120", thrown.Diagnostics.Single().Code);
        Assert.False(File.Exists(RemotePath("a", "records", Fingerprint)));
    }

    [Fact]
    public async Task A_push_of_a_directory_whose_listing_is_lost_is_refused()
    {
        var record = Make();
        Harm(_maker.PathOf(record.Outputs["parts/"]), "delete");
        await using var cache = Cache(_maker, new RemoteLink(Open("a")));
        var thrown = await Assert.ThrowsAsync<DiagnosticException>(() => cache.PushAsync(cache.Links[0], Records(record), null, default));
        Assert.Equal("MLO1120", thrown.Diagnostics.Single().Code);
    }

    [Fact]
    public async Task Bytes_outside_the_store_are_pushed_if_they_are_what_was_said()
    {
        var file = _folder.Write("data.csv", "a,b");
        var data = new StepRecord { Outputs = StepRecord.NoOutputs.Add("data.csv", Digest.Of("a,b")) };
        await using var cache = Cache(_maker, new RemoteLink(Open("a")));
        await cache.PushAsync(cache.Links[0], new Dictionary<Digest, StepRecord> { [Digest.Of("a,b")] = data }, _ => file, default);
        Assert.Equal("a,b", await File.ReadAllTextAsync(RemotePath("a", "objects", Digest.Of("a,b"))));
        var other = new StepRecord { Outputs = StepRecord.NoOutputs.Add("data.csv", Digest.Of("b,c")) };
        await Assert.ThrowsAsync<DiagnosticException>(() => cache.PushAsync(cache.Links[0], Records(other), _ => file, default));
        await Assert.ThrowsAsync<DiagnosticException>(() => cache.PushAsync(cache.Links[0], Records(other), _ => file + "gone", default));
    }

    [Fact]
    public async Task A_cancelled_push_leaves_no_record()
    {
        using var cancel = new CancellationTokenSource();
        var watched = new WatchedRemote(Open("a")) { Before = (call, _) => call == "store" ? cancel.CancelAsync() : Task.CompletedTask };
        var record = Make();
        await using var cache = Cache(_maker, new RemoteLink(watched));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cache.PushAsync(cache.Links[0], Records(record), null, cancel.Token));
        Assert.Equal(0, watched.Count("store record"));
        Assert.Empty(_warnings);
    }

    [Fact]
    public async Task A_push_that_fails_in_a_build_warns_once_and_stores_no_record()
    {
        var watched = new WatchedRemote(Open("a")) { Before = (call, _) => call == "store" ? throw new IOException("full") : Task.CompletedTask };
        var record = Make();
        await using var cache = Cache(_maker, new RemoteLink(watched));
        await cache.PushAsync(cache.Links[0], Records(record), null, default);
        Assert.Equal(0, watched.Count("store record"));
        Assert.Single(_warnings);
    }

    [Fact]
    public async Task Progress_ends_with_all_objects_and_bytes()
    {
        var record = await PushAsync(Open("a"));
        var states = new ConcurrentQueue<TransferState>();
        await using var cache = new RemoteCache(_taker, [new(Open("a"))], _warnings.Enqueue, states.Enqueue);
        await cache.FetchAsync([.. record.Contents], default);
        var bytes = record.Contents.SelectMany(_maker.ObjectsOf).Distinct().Sum(content => new FileInfo(_maker.PathOf(content)).Length);
        Assert.Contains(new TransferState(4, 4, bytes), states);
    }

    [Fact]
    public async Task An_audit_tells_what_is_wrong_and_what_is_missing_and_mends_both()
    {
        var record = await PushAsync(Open("a"));
        Harm(RemotePath("a", "objects", record.Outputs["model.onnx"]), "flip");
        File.Delete(RemotePath("a", "objects", Digest.Of("two")));
        await using var cache = Cache(_maker, new RemoteLink(Open("a")));
        var faults = await cache.AuditAsync(cache.Links[0], [.. record.Contents], mend: true, default);
        Assert.Equal(new() { [record.Outputs["model.onnx"]] = new(IsMissing: false, IsMended: true), [Digest.Of("two")] = new(IsMissing: true, IsMended: true) }, faults.ToDictionary());
        Assert.Empty(await cache.AuditAsync(cache.Links[0], [.. record.Contents], mend: false, default));
    }

    [Fact]
    public async Task What_a_failed_remote_could_not_be_asked_for_is_no_fault_and_not_stored_again()
    {
        var record = await PushAsync(Open("a"));
        var remote = new WatchedRemote(Open("a"));
        remote.Before = (_, _) => remote.Count("fetch") > 1 ? throw new DiagnosticException(new Diagnostic("MLO8108", "down")) : Task.CompletedTask;
        await using var cache = Cache(_maker, new RemoteLink(remote));
        Assert.Empty(await cache.AuditAsync(cache.Links[0], [.. record.Contents], mend: true, default));
        Assert.Equal("MLO8108", Assert.Single(_warnings).Code);
        Assert.Equal(0, remote.Count("store"));
    }

    private RemoteCache Cache(ContentStore local, params RemoteLink[] links) => new(local, links, _warnings.Enqueue);

    private IRemoteStore Open(string name) => MlOps.Remotes.Remotes.Open(new(name), _folder.Root);

    private string PathOf(string name) => Path.Join(_folder.Root, name);

    private string RemotePath(string remote, string kind, Digest digest) => Path.Join(_folder.Root, remote, kind, digest.Hex[..2], digest.Hex[2..]);

    private StepRecord Make()
    {
        _folder.Write("parts/one", "one");
        _folder.Write("parts/two", "two");
        return new()
        {
            Outputs = StepRecord.NoOutputs.Add("model.onnx", _maker.Put("model"u8).Sha256).Add("parts/", _maker.AdoptTree(PathOf("parts"))),
            Facts = new JsonObject { ["rmse"] = 1.5 },
        };
    }

    private void WriteRecord(byte[] bytes) => File.WriteAllBytes(RemotePath("a", "records", Fingerprint), bytes);

    private static Dictionary<Digest, StepRecord> Records(StepRecord record) => new() { [Fingerprint] = record };

    private async Task<StepRecord> PushAsync(IRemoteStore remote)
    {
        var record = Make();
        await using var cache = new RemoteCache(_maker, [new(remote)]);
        await cache.PushAsync(cache.Links[0], Records(record), null, default);
        return record;
    }

    private static void Harm(string path, string harm)
    {
        var bytes = File.ReadAllBytes(path);
        File.Delete(path);
        if (harm == "flip")
        {
            bytes[^1] ^= 1;
        }

        if (harm != "delete")
        {
            File.WriteAllBytes(path, harm switch
            {
                "truncate" => bytes[..^1],
                "lengthen" => [.. bytes, 0],
                "empty" => [],
                "swap" => "another object"u8.ToArray(),
                _ => bytes,
            });
        }
    }
}
