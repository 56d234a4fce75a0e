using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using MlOps.Serving.Http;

namespace MlOps.Tests.Serving;

public sealed class GuardTests
{
    /// <summary>The message of somebody else's exception may hold what the caller sent.</summary>
    [Fact]
    public async Task A_bug_is_logged_by_its_kind_and_place_but_not_by_its_message()
    {
        var (drain, log, context) = (new Drain(), new Lines(), new DefaultHttpContext());
        context.Response.Body = new MemoryStream();

        await new Guard(drain, new(drain), log).InvokeAsync(context, _ => throw new KeyNotFoundException("the key 's3cret' was not present"));

        Assert.Equal(500, context.Response.StatusCode);
        var line = Assert.Single(log.Written);
        Assert.Contains("KeyNotFoundException", line, StringComparison.Ordinal);
        Assert.Contains(nameof(GuardTests), line, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", line, StringComparison.Ordinal);
        Assert.Equal(0, drain.Requests);
    }

    private sealed class Lines : ILogger
    {
        public List<string> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Add($"{formatter(state, exception)} {exception}");
    }
}
