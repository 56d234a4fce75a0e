using System.Text;
using MlOps.Content;
using MlOps.Remotes;
using MlOps.Remotes.Internal;
using MlOps.Tests.Content;
using MlOps.Tests.Remotes.S3;
using static MlOps.Tests.Remotes.S3.HostileServer;

namespace MlOps.Tests.Remotes;

public sealed class S3HostileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<IDisposable> _servers = [];
    private readonly byte[] _bytes = [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i * 7 / 3))];

    public S3HostileTests() => TestCredentials.Set();

    private string Target => Path.Join(_folder.Root, "fetched");

    public void Dispose()
    {
        _servers.ForEach(server => server.Dispose());
        _folder.Dispose();
    }

    [Theory]
    [InlineData(403, "AccessDenied", "MLO8232")]
    [InlineData(403, "SignatureDoesNotMatch", "MLO8232")]
    [InlineData(400, "ExpiredToken", "MLO8232")]
    [InlineData(404, "NoSuchBucket", "MLO8233")]
    [InlineData(301, "PermanentRedirect", "MLO8234")]
    [InlineData(400, "InvalidRequest", "MLO8237")]
    public async Task What_the_service_refuses_is_put_into_words_without_keys(int status, string code, string expected)
    {
        var (_, remote) = Serve(_ => Error(status, code));
        var diagnostic = await FailAsync(() => remote.FetchAsync(Digest.Of(_bytes), Target, null, default));
        Assert.Equal(expected, diagnostic.Code);
        Assert.Equal("s3://bucket/p", diagnostic.Where);
        Assert.Contains(code, diagnostic.Why, StringComparison.Ordinal);
        Assert.DoesNotContain(TestCredentials.Secret, diagnostic.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_busy_service_is_asked_again_and_then_answers()
    {
        var asked = 0;
        var (_, remote) = Serve(_ => Interlocked.Increment(ref asked) < 3 ? Error(503, "SlowDown") : Answer(200, _bytes));
        Assert.True(await remote.FetchAsync(Digest.Of(_bytes), Target, null, default));
        Assert.Equal(_bytes, await File.ReadAllBytesAsync(Target));
        Assert.Equal(3, asked);
    }

    [Fact]
    public async Task A_service_that_stays_busy_is_not_asked_for_ever()
    {
        var (server, remote) = Serve(_ => Error(503, "SlowDown"));
        Assert.Equal("MLO8235", (await FailAsync(() => remote.FetchRecordAsync(Digest.Of("r"), default))).Code);
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task An_answer_that_breaks_off_is_gone_on_with_where_it_broke()
    {
        var (server, remote) = Serve(request => request.From is { } from
            ? Answer(206, _bytes[from..], headers: $"Content-Range: bytes {from}-{_bytes.Length - 1}/{_bytes.Length}\r\n")
            : Answer(200, _bytes[..60_000], _bytes.Length));
        Assert.True(await remote.FetchAsync(Digest.Of(_bytes), Target, null, default));
        Assert.Equal(_bytes, await File.ReadAllBytesAsync(Target));
        Assert.Equal([null, 60_000], server.Requests.Select(request => request.From));
    }

    [Fact]
    public async Task Answers_that_always_break_off_without_bringing_more_end()
    {
        var (server, remote) = Serve(_ => Answer(200, [], _bytes.Length));
        Assert.Equal("MLO8235", (await FailAsync(() => remote.FetchAsync(Digest.Of(_bytes), Target, null, default))).Code);
        Assert.InRange(server.Requests.Count, 2, 20);
    }

    [Fact]
    public async Task A_service_that_knows_no_ranges_makes_the_file_begin_anew()
    {
        var (_, remote) = Serve(_ => Answer(200, _bytes));
        await File.WriteAllBytesAsync(Target, new byte[500]);
        Assert.True(await remote.FetchAsync(Digest.Of(_bytes), Target, null, default));
        Assert.Equal(_bytes, await File.ReadAllBytesAsync(Target));
    }

    [Fact]
    public async Task A_service_that_falls_silent_is_given_up()
    {
        var (_, remote) = Serve(_ => null, new S3Limits { Retries = 0, Answer = TimeSpan.FromMilliseconds(200) });
        Assert.Equal("MLO8235", (await FailAsync(() => remote.FetchAsync(Digest.Of(_bytes), Target, null, default))).Code);
    }

    [Theory]
    [InlineData(307)]
    [InlineData(301)]
    [InlineData(302)]
    public async Task A_redirect_to_another_host_is_refused_and_that_host_learns_nothing(int status)
    {
        var (other, _) = Serve(_ => Answer(200, _bytes));
        var (_, remote) = Serve(_ => Error(status, "TemporaryRedirect", $"Location: {other.Endpoint}/bucket/x\r\n"));
        Assert.Contains((await FailAsync(() => remote.FetchAsync(Digest.Of(_bytes), Target, null, default))).Code, new[] { "MLO8234", "MLO8236" });
        Assert.Contains((await FailAsync(() => remote.StoreAsync(Digest.Of(_bytes), _folder.Write("f", "x"), null, default))).Code, new[] { "MLO8234", "MLO8236" });
        Assert.Empty(other.Requests);
    }

    [Theory]
    [InlineData("/bucket/y")]
    [InlineData("https://storage.example.org/bucket/y")]
    public async Task Redirects_of_a_named_service_are_refused(string location)
    {
        var (server, remote) = Serve(_ => Error(307, "TemporaryRedirect", $"Location: {location}\r\n"));
        Assert.Equal("MLO8236", (await FailAsync(() => remote.FetchRecordAsync(Digest.Of("r"), default))).Code);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Uploads_are_plain_without_trailers_and_chunks()
    {
        var (server, remote) = Serve(_ => Answer(200, []));
        await remote.StoreAsync(Digest.Of("x"), _folder.Write("f", "x"), null, default);
        await remote.StoreRecordAsync(Digest.Of("r"), "record"u8.ToArray(), [], default);
        Assert.Equal(["x", "record"], server.Requests.Select(request => Encoding.UTF8.GetString(request.Body)));
        Assert.All(server.Requests, request =>
        {
            Assert.DoesNotContain(request.Headers.Keys, name => name.Contains("trailer", StringComparison.OrdinalIgnoreCase) || name.Contains("checksum", StringComparison.OrdinalIgnoreCase));
            Assert.DoesNotContain("STREAMING", request.Headers["x-amz-content-sha256"], StringComparison.Ordinal);
            Assert.StartsWith("/bucket/p/", request.Target, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task An_upload_whose_part_fails_is_ended_and_never_completed()
    {
        var (server, remote) = Serve(request => request switch
        {
            { Method: "POST" } => Answer(200, "<InitiateMultipartUploadResult><Bucket>bucket</Bucket><Key>k</Key><UploadId>u1</UploadId></InitiateMultipartUploadResult>"u8.ToArray()),
            { Method: "PUT" } when request.Target.Contains("partNumber=2", StringComparison.Ordinal) => Error(403, "AccessDenied"),
            { Method: "DELETE" } => Answer(204, []),
            _ => Answer(200, [], headers: "ETag: \"e\"\r\n"),
        }, new S3Limits { Retries = 0, PartBytes = 40_000 });
        var file = Path.Join(_folder.Root, "large");
        await File.WriteAllBytesAsync(file, _bytes);
        Assert.Equal("MLO8232", (await FailAsync(() => remote.StoreAsync(Digest.Of(_bytes), file, null, default))).Code);
        Assert.Single(server.Requests, request => request.Method == "DELETE" && request.Target.Contains("uploadId=u1", StringComparison.Ordinal));
        Assert.Single(server.Requests, request => request.Method == "POST");
    }

    [Fact]
    public async Task A_record_that_is_too_long_is_refused_before_it_is_read()
    {
        var (_, remote) = Serve(_ => Answer(200, [], 2_000_000_000));
        Assert.Equal("MLO8238", (await FailAsync(() => remote.FetchRecordAsync(Digest.Of("r"), default))).Code);
    }

    [Fact]
    public async Task Nobody_at_the_endpoint_is_told()
    {
        await using var remote = new S3Remote(S3Address.Parse(new("s3://bucket") { Endpoint = $"http://127.0.0.1:{Ports.Free()}" }), new S3Limits { Retries = 0 });
        Assert.Equal("MLO8235", (await FailAsync(() => remote.FindAsync([Digest.Of("x")], default))).Code);
    }

    private (HostileServer Server, S3Remote Remote) Serve(Func<HostileRequest, byte[]?> answer, S3Limits? limits = null)
    {
        var server = new HostileServer(answer);
        _servers.Add(server);
        return (server, new(S3Address.Parse(new("s3://bucket/p") { Endpoint = server.Endpoint }), limits ?? new S3Limits { Retries = 2 }));
    }

    private static async Task<Diagnostic> FailAsync(Func<Task> work) => (await Assert.ThrowsAsync<DiagnosticException>(work)).Diagnostics.Single();
}
