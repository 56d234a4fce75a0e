using System.Globalization;
using Microsoft.AspNetCore.Connections;
using MlOps.Scoring.Computed;
using MlOps.Serving.Inferences;

namespace MlOps.Serving.Http;

/// <summary>Around every request: counts it, and turns what went wrong into <c>{"error": "…"}</c>.</summary>
internal sealed class Guard(Drain drain, Responder responder, ILogger logger)
{
    /// <summary>In seconds.</summary>
    public const string RetryAfter = "1";

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        drain.RequestBegun();
        context.Response.Headers[RequestId.Header] = context.TraceIdentifier = RequestId.Of(context.Request);
        try
        {
            await next(context);
            await ExplainAsync(context);
        }
        catch (RequestException problem)
        {
            if (problem.Status == StatusCodes.Status503ServiceUnavailable)
            {
                context.Response.Headers.RetryAfter = RetryAfter;
            }

            await responder.ErrorAsync(context, problem.Status, problem.Message);
        }
        catch (RowException problem)
        {
            if (problem.InnerException is { } thrown)
            {
                Log.FunctionFailed(logger, problem.Function, thrown);
            }

            var row = problem.Number;
            await responder.ErrorAsync(context, StatusCodes.Status422UnprocessableEntity, $"row {row}: function '{problem.Function}' of the model {(problem.Mend is null ? "failed" : "has no result")}: {problem.Message}");
        }
        catch (BadHttpRequestException problem)
        {
            await responder.ErrorAsync(context, problem.StatusCode, problem.Message);
        }
        catch (Exception gone) when (gone is OperationCanceledException or ConnectionResetException or ConnectionAbortedException
            && context.RequestAborted.IsCancellationRequested)
        {
            // The caller hung up: nobody is left to answer.
        }
        catch (Exception bug) when (!context.Response.HasStarted)
        {
            Log.Failed(logger, bug);
            await responder.ErrorAsync(context, StatusCodes.Status500InternalServerError, "the service failed; its log says why");
        }
        finally
        {
            drain.RequestEnded();
        }
    }

    /// <summary>Routing answers unknown paths and methods without a body.</summary>
    private Task ExplainAsync(HttpContext context) => (context.Response.HasStarted, context.Response.StatusCode) switch
    {
        (false, StatusCodes.Status404NotFound) => responder.ErrorAsync(context, StatusCodes.Status404NotFound,
            $"there is nothing at {context.Request.Path}; GET / lists what is served"),
        (false, StatusCodes.Status405MethodNotAllowed) => responder.ErrorAsync(context, StatusCodes.Status405MethodNotAllowed,
            $"{context.Request.Method} is not possible at {context.Request.Path}; allowed: {context.Response.Headers.Allow}"),
        _ => Task.CompletedTask,
    };
}
